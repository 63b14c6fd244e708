"""What the clock brings."""

from pydantic import Field

from events.api import Event


class FollowUpDue(Event, name="followup.due", version=1, stream="followup-{followup_id}"):
    """The time has come to thank for an order, or to ask for a review of it."""

    followup_id: int
    order_id: int
    kind: str = Field(examples=["review"])
