"""Reading labels."""

from shop.carrier.models import Label

SOLD = (Label.State.BOUGHT, Label.State.MOVING, Label.State.ARRIVED)


def label_of(order_id: int, return_number: int | None = None) -> Label | None:
    """The label that is on the order's parcel, or on that of a return; None while none is bought."""
    return Label.objects.filter(order_id=order_id, return_number=return_number, state__in=SOLD).first()
