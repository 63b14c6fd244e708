"""Replay: run a dead delivery again, from the log, as a run of its own."""

from django.utils import timezone

from events import catalogue, outbox
from events.errors import AlreadyReplayed, NotDead
from events.models import Delivery, Outcome
from events.subscribers import DeliveryKey


def replay(delivery: Delivery) -> DeliveryKey:
    """Have a dead delivery run again; answers what names the new run.

    The dead one stays as history. Asking twice is harmless: both ask for the same run, which is delivered once. Raises
    NotDead, AlreadyReplayed, or UnknownSubscriber when the code has no such subscriber any more.
    """
    key = DeliveryKey(delivery.event.id, delivery.subscriber, delivery.run)
    catalogue.subscriber(key.subscriber)
    if delivery.outcome != Outcome.DEAD:
        raise NotDead(key=key, outcome=delivery.outcome)
    _refuse_replayed(delivery, key)
    outbox.put(delivery.event_id, key.subscriber, key.run + 1, timezone.now())
    return DeliveryKey(key.event_id, key.subscriber, key.run + 1)


def _refuse_replayed(delivery: Delivery, key: DeliveryKey) -> None:
    later = Delivery.objects.filter(event=delivery.event_id, subscriber=delivery.subscriber, run__gt=delivery.run)
    newest = later.order_by("-run").first()
    if newest:
        raise AlreadyReplayed(key=key, run=newest.run, outcome=newest.outcome)
