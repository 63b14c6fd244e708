"""The carrier's reports move the order, or the return, on."""

from events.api import Snooze, subscriber
from shop.carrier.events import LabelReported
from shop.carrier.models import Label
from shop.carrier.reports import follow_parcel as follow
from shop.errors import CannotAdvance, CannotReturn


@subscriber(LabelReported, name="carrier.follow_parcel", final_errors=(CannotReturn,))
def follow_parcel(event: LabelReported) -> None:
    """Twice is once: what is there already stays there. A parcel that comes back although its return was rejected is a
    dead letter: somebody has to look."""
    try:
        follow(Label.objects.select_related("order").get(pk=event.label_id))
    except CannotAdvance as not_now:  # a cancellation is being refunded, or the order is held
        raise Snooze(60, str(not_now)) from not_now
