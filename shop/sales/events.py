"""What happens to the sales team."""

from datetime import date

from events.api import Event


class SalesDayEnded(Event, name="sales.day_ended", version=1, stream="sales-{day}"):
    """A day is over, and its figures are in the note."""

    day: date
    note_id: int
