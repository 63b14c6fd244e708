"""What the warehouse says."""

from pydantic import Field

from events.api import Event


class ShipmentReported(Event, name="shipment.reported", version=1, stream="shipment-{shipment_id}"):
    """The warehouse has packed, shipped or delivered a shipment; `state` is the furthest that it has told of."""

    shipment_id: int
    order_id: int
    state: str = Field(examples=["shipped"])
