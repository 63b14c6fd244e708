"""A small world for the tests of the admin: parcels, one of whose subscribers fails on demand."""

import uuid
from collections.abc import Sequence

from django.contrib.auth.models import Permission, User
from django.db import connection, transaction
from django.test import Client

from events.api import Event, Reject, emit_many, subscriber
from events.models import DeadLetter

WATCHER = (
    "events.view_event",
    "events.view_delivery",
    "events.view_deadletter",
    "events.view_attempt",
    "events.view_replay",
    "events.view_replayitem",
    "events.view_subscription",
)
OPERATOR = (*WATCHER, "events.replay_delivery", "events.discard_delivery", "events.pause_subscription")


def declare_parcels(fate: dict[str, str]) -> type[Event]:
    """Declare an event and two subscribers; the one called `parcels.trouble` rejects while `fate["says"]` is "no"."""

    class ParcelSent(Event, name="parcel.sent", version=1, stream="parcel-{parcel_id}"):
        """A parcel was sent."""

        parcel_id: int
        note: str = ""

    @subscriber(ParcelSent, name="parcels.count")
    def count(event: ParcelSent) -> None:
        """Does nothing, well."""

    @subscriber(ParcelSent, name="parcels.trouble")
    def trouble(event: ParcelSent) -> None:
        """Does as it is told."""
        if fate["says"] == "no":
            raise Reject(f"no room for <b>parcel {event.parcel_id}</b>")

    return ParcelSent


def send(events: Sequence[Event]) -> None:
    """Emit; the inline transport delivers after the commit."""
    with transaction.atomic():
        emit_many(events)


def client_of(*permissions: str, csrf: bool = False) -> Client:
    """A browser in which a staff member with exactly these permissions is logged in."""
    user = User.objects.create_user(f"staff-{uuid.uuid4().hex[:8]}", is_staff=True)
    for permission in permissions:
        app, codename = permission.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    client = Client(enforce_csrf_checks=csrf)
    client.force_login(user)
    return client


def fill_log(count: int) -> None:
    """A log with a past, one event a second; every thousandth delivery is dead."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO events_event (id, stream, stream_version, name, version, payload, correlation_id, actor,"
            " traceparent, occurred_at) SELECT gen_random_uuid(), 'old-' || n, 1, 'old.thing', 1, '{}',"
            " gen_random_uuid(), '', '', now() - make_interval(secs => %s - n) FROM generate_series(1, %s) n",
            [count, count],
        )
        cursor.execute(
            "INSERT INTO events_delivery (position, subscriber, run, outcome, attempts, started_at, finished_at,"
            " worker, fingerprint) SELECT position, 'old.sub', 0, CASE WHEN position %% 1000 = 0 THEN 'dead' ELSE"
            " 'done' END, 1, occurred_at, occurred_at, '', '' FROM events_event",
            [],
        )
        cursor.execute("ANALYZE events_event, events_delivery")


def letters() -> list[DeadLetter]:
    """All dead letters, the oldest first."""
    return list(DeadLetter.objects.filter(outcome="dead").order_by("pk"))
