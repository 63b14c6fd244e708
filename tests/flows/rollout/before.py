"""The code before the deployment: labels have no size."""

from events.api import Context, Event, subscriber
from tests.flows.rollout.writing import write


class LabelPrinted(Event, name="label.printed", version=1, stream="label-{label_id}"):
    """A label was printed."""

    label_id: int


@subscriber(LabelPrinted, name="labels.stick")
def stick(event: LabelPrinted, context: Context) -> None:
    """Twice is once: the row and its delivery are one transaction."""
    write(event, context)
