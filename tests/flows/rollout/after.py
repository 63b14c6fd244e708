"""The code after the deployment: labels have a size, and those printed before are small."""

from events.api import Context, Event, subscriber, upcaster
from tests.flows.rollout.writing import write


class LabelPrinted(Event, name="label.printed", version=2, stream="label-{label_id}"):
    """A label was printed."""

    label_id: int
    size: str


@upcaster("label.printed", version=1)
def all_were_small(payload: dict) -> dict:
    """There was one size."""
    return payload | {"size": "small"}


@subscriber(LabelPrinted, name="labels.stick")
def stick(event: LabelPrinted, context: Context) -> None:
    """Twice is once: the row and its delivery are one transaction."""
    assert event.size in {"small", "large"}
    write(event, context)
