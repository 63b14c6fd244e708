"""What the tests of rebuilds do again and again: start one, go on with it, hold a transaction open beside it."""

from __future__ import annotations

import json
from dataclasses import replace

from django.db import connections
from django.utils import timezone
from uuid_utils.compat import uuid7

from events.models import Rebuild
from events.projections import projection_named, rebuilding
from events.projections.rebuilding import carry_on, start_rebuild
from tests.events.meters import Meter, Meters
from tests.events.postman import Postman

NAME = "meters.totals"


def start() -> Rebuild:
    return start_rebuild(NAME, reason="test", owner="test", now=timezone.now())


def go_on(rebuild: Rebuild) -> Rebuild:
    """To its end, or until it has to wait."""
    while carry_on(rebuild.pk, 5.0, timezone.now):
        pass
    rebuild.refresh_from_db()
    return rebuild


def spoil() -> None:
    """As an error in an old version of the code may have left it."""
    Meter.objects.update(litres=999)


def begin_pass(rebuild: Rebuild) -> None:
    """So that the first pass has its end, and nothing is applied yet."""
    assert rebuilding._begin_pass(rebuild.pk)


def apply_batch(rebuild: Rebuild) -> None:
    """One batch of the pass."""
    assert rebuilding._apply_batch(rebuild.pk, projection_named(NAME))


class Elsewhere:
    """Another connection, with a transaction that the test holds open."""

    def __enter__(self) -> Elsewhere:
        self.connection = connections["default"].copy()
        self.connection.set_autocommit(False)
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.rollback()
        self.connection.close()

    def execute(self, statement: str) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(statement)

    def emit(self, meter: int, litres: int) -> None:
        """As emit does."""
        event_id, payload = uuid7(), json.dumps({"meter_id": meter, "litres": litres})
        self.execute(
            f"SELECT events_append('{event_id}', 'meter-{meter}', 'meter.read', 1, '{payload}', '{event_id}', NULL, "
            "'', '')"
        )

    def commit(self) -> None:
        self.connection.commit()


def kill_with(postman: Postman, meters: Meters, poison: int) -> None:
    """The live delivery of this many litres dies, and its lane stands."""
    meters.poison = {poison}
    for _ in range(10):
        for message in postman.collect():
            postman.deliver(replace(message, retries=message.subscriber.max_retries))
    meters.poison = set()
