"""What the pages tell: how the deliveries of an event went, run by run and try by try."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from events import catalogue
from events.admin.rendering import OUTCOME_COLORS, duration, moment, traceback_html
from events.models import Attempt, Delivery, Event, Outcome, Replay, ReplayItem

NEIGHBOURS = 3
CONSEQUENCES = 20


@dataclass(frozen=True)
class Story:
    """One run of one subscriber on one event, settled or not."""

    subscriber: str
    run: int
    state: str
    color: str
    attempts: int
    finished_at: SafeString
    took: str
    since_event: str
    worker: str
    url: str
    hint: str = ""


@dataclass(frozen=True)
class Try:
    """A failed try, to be read."""

    number: int
    error_class: str
    message: str
    traceback: SafeString
    failed_at: SafeString
    next_try_at: SafeString | None


def stories(event: Event) -> list[Story]:
    """Every run there was of every subscriber, and those subscribers that have not settled yet."""
    settled = [_settled(one, event) for one in Delivery.objects.filter(event=event).order_by("subscriber", "run")]
    return sorted(settled + _unsettled(event, settled), key=lambda one: (one.subscriber, one.run))


def delivery_url(delivery: Delivery) -> str:
    """A dead delivery's page is the one where it can be replayed."""
    page = "deadletter" if delivery.outcome == Outcome.DEAD else "delivery"
    return reverse(f"admin:events_{page}_change", args=[delivery.pk])


def tries(event: int, subscriber: str, run: int) -> list[Try]:
    """The failed tries of a run, in order; the event is named by its position."""
    rows = Attempt.objects.filter(event=event, subscriber=subscriber, run=run)
    return [_try(attempt) for attempt in rows.order_by("number")]


def runs(delivery: Delivery) -> list[Story]:
    """All runs of the same subscriber on the same event, in order."""
    rows = Delivery.objects.filter(event=delivery.event_id, subscriber=delivery.subscriber).order_by("run")
    return [_settled(row, delivery.event) for row in rows]


def replays_of(delivery: Delivery) -> list[tuple[Replay, str, SafeString]]:
    """The replays and discards that had it in their set, with their page and when they were made."""
    items = ReplayItem.objects.filter(event=delivery.event_id, subscriber=delivery.subscriber).order_by("-run")
    made = [item.replay for item in items.select_related("replay")]
    return [(one, reverse("admin:events_replay_change", args=[one.pk]), moment(one.created_at)) for one in made]


def neighbours(event: Event) -> list[Event]:
    """The events before and after in the stream, with the event itself between them."""
    stream = Event.objects.filter(stream=event.stream).order_by("stream_version")
    nearest = range(max(event.stream_version - NEIGHBOURS, 0), event.stream_version + NEIGHBOURS + 1)
    return list(stream.filter(stream_version__in=nearest))


def consequences(event: Event) -> list[Event]:
    """What subscribers of this event emitted."""
    correlated = Event.objects.filter(correlation_id=event.correlation_id)
    return list(correlated.filter(causation_id=event.id).order_by("position")[:CONSEQUENCES])


def cause(event: Event) -> Event | None:
    """The event whose subscriber emitted this one."""
    return Event.objects.filter(id=event.causation_id).first() if event.causation_id else None


def _settled(delivery: Delivery, event: Event) -> Story:
    ran = delivery.outcome != Outcome.DEAD
    return Story(
        subscriber=delivery.subscriber,
        run=delivery.run,
        state=delivery.get_outcome_display(),
        color=OUTCOME_COLORS[delivery.outcome],
        attempts=delivery.attempts,
        finished_at=moment(delivery.finished_at),
        took=duration((delivery.finished_at - delivery.started_at).total_seconds()) if ran else "–",
        since_event=_since(event, delivery.finished_at),
        worker=delivery.worker,
        url=delivery_url(delivery),
    )


def _unsettled(event: Event, settled: list[Story]) -> list[Story]:
    """Runs that have only failed so far, and subscribers that have not begun."""
    seen = {(one.subscriber, one.run) for one in settled}
    failed: dict[tuple[str, int], Attempt] = {}
    for attempt in Attempt.objects.filter(event=event).defer("traceback").order_by("number"):
        failed[attempt.subscriber, attempt.run] = attempt
    retrying = [_retrying(attempt, event) for key, attempt in failed.items() if key not in seen]
    begun = {name for name, _run in seen | failed.keys()}
    return retrying + [_pending(one.name) for one in catalogue.subscribers_of(event.name) if one.name not in begun]


def _retrying(attempt: Attempt, event: Event) -> Story:
    return Story(
        subscriber=attempt.subscriber,
        run=attempt.run,
        state=_("retrying"),
        color="warning",
        attempts=attempt.number,
        finished_at=moment(None),
        took="–",
        since_event=_since(event, attempt.failed_at),
        worker=attempt.worker,
        url=reverse("admin:events_attempt_change", args=[attempt.pk]),
        hint=attempt.message[:200],
    )


def _pending(subscriber: str) -> Story:
    return Story(subscriber, 0, _("pending"), "info", 0, moment(None), "–", "–", "", "")


def _since(event: Event, instant: datetime) -> str:
    return duration((instant - event.occurred_at).total_seconds())


def _try(attempt: Attempt) -> Try:
    return Try(
        number=attempt.number,
        error_class=attempt.error_class,
        message=attempt.message,
        traceback=traceback_html(attempt.traceback),
        failed_at=moment(attempt.failed_at),
        next_try_at=moment(attempt.next_try_at) if attempt.next_try_at else None,
    )
