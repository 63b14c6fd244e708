"""The rival projection: an application of the `eventsourcing` library, its PostgreSQL recorder, and a view with one row
for each crate, written as its documentation shows."""

from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import connection
from eventsourcing.application import Application
from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.sql import SQL

_PATIENCE_SECONDS = 600.0
_SAVE_COUNT = 250

_UPSERT = SQL("""
INSERT INTO rival_stock (crate_id, customer_id, moves, units) VALUES (%s, %s, 1, %s)
ON CONFLICT (crate_id) DO UPDATE SET moves = rival_stock.moves + 1, units = rival_stock.units + excluded.units
""")


class Crate(Aggregate):
    """A crate, whose events are as large as ours."""

    @event("Opened")
    def __init__(self, crate_id: int, customer_id: int, number: str, units: int) -> None:
        self.crate_id, self.customer_id, self.number, self.units = crate_id, customer_id, number, units

    @event("Moved")
    def move(self, crate_id: int, customer_id: int, number: str, units: int) -> None:
        """What came in, or went out."""
        self.units += units

    @staticmethod
    def create_id(crate_id: int, **_: Any) -> UUID:
        """Its own."""
        return uuid5(NAMESPACE_URL, f"/crates/{crate_id}")


class Crates(Application[UUID]):
    """The application whose sequence is read."""


class Stock(PostgresTrackingRecorder):
    """The view: a row, and how far it is, in one transaction."""

    def __init__(self, datastore: PostgresDatastore, **kwargs: Any) -> None:
        super().__init__(datastore, **kwargs)
        self.sql_create_statements.append(
            SQL(
                "CREATE TABLE IF NOT EXISTS rival_stock (crate_id int PRIMARY KEY, customer_id int, moves int, "
                "units int)"
            )
        )

    def add(self, crate_id: int, customer_id: int, units: int, tracking: Tracking) -> None:
        """One event."""
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(_UPSERT, (crate_id, customer_id, units), prepare=True)


class StockProjection(Projection[Stock]):
    """Feeds the view."""

    name = "stock"

    @singledispatchmethod
    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        """Nothing else happens to crates."""

    @process_event.register
    def opened(self, domain_event: Crate.Opened, tracking: Tracking) -> None:  # type: ignore[name-defined]
        """The first event of a crate."""
        self.view.add(domain_event.crate_id, domain_event.customer_id, domain_event.units, tracking)

    @process_event.register
    def moved(self, domain_event: Crate.Moved, tracking: Tracking) -> None:  # type: ignore[name-defined]
        """Every other one."""
        self.view.add(domain_event.crate_id, domain_event.customer_id, domain_event.units, tracking)


def environment() -> dict[str, str]:
    """The same database as ours."""
    settings = connection.settings_dict
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": settings["NAME"],
        "POSTGRES_HOST": settings["HOST"],
        "POSTGRES_PORT": str(settings["PORT"]),
        "POSTGRES_USER": settings["USER"],
        "POSTGRES_PASSWORD": settings["PASSWORD"],
    }


def fill(count: int) -> int:
    """So many events, four a crate; the number of the last one."""
    app = Crates(env=environment())
    last = 0
    for start in range(0, count // 4, _SAVE_COUNT):
        crates = [_crate(number) for number in range(start, min(start + _SAVE_COUNT, count // 4))]
        last = app.save(*crates)[-1].notification.id
    app.close()
    return last


def _crate(number: int) -> Crate:
    values = {"crate_id": number, "customer_id": number % 5_000, "number": "BR-23456-789AB"}
    crate = Crate(**values, units=5)
    for _ in range(3):
        crate.move(**values, units=5)
    return crate


def project(last: int) -> None:
    """Until the view has come to that event."""
    with ProjectionRunner(
        application_class=Crates, projection_class=StockProjection, view_class=Stock, env=environment()
    ) as runner:
        runner.wait(last, timeout=_PATIENCE_SECONDS)
