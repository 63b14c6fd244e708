"""What the carrier says."""

from pydantic import Field

from events.api import Event


class LabelReported(Event, name="label.reported", version=1, stream="label-{label_id}"):
    """The parcel with a label is on its way, or has arrived; `return_number` says that it is on its way back."""

    label_id: int
    order_id: int
    return_number: int | None
    state: str = Field(examples=["arrived"])
