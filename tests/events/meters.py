"""A small world for the tests of read models: meters are read, and a projection keeps what they have counted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest
from django.db import connection, models, transaction

from events.api import Event, Fact, LoggedEvent, emit, projection
from events.models import Event as LoggedRow
from events.subscriptions import enroll


class Meter(models.Model):
    """What a meter has counted, and which versions of its stream told of it, in the order in which they came."""

    meter_id = models.IntegerField(unique=True)
    place = models.TextField(db_index=True, default="cellar")
    litres = models.PositiveIntegerField(default=0)
    trail = models.TextField(default="")

    class Meta:
        app_label = "meters"
        indexes = [models.Index(fields=["place", "-litres"], name="meters_thirsty")]
        constraints = [models.CheckConstraint(condition=models.Q(litres__lt=1_000_000), name="meters_bounded")]


class Reading(models.Model):
    """One row for each event; the meter it refers to is no constraint."""

    meter = models.ForeignKey(Meter, models.DO_NOTHING, to_field="meter_id", db_constraint=False)
    position = models.BigIntegerField()

    class Meta:
        app_label = "meters"


@dataclass
class Meters:
    """Its events, and what goes wrong in it."""

    read: type[Event]
    painted: type[Event]
    #: Litres that the projection cannot stand.
    poison: set[int] = field(default_factory=set)
    #: How many facts each call of the projection got.
    calls: list[int] = field(default_factory=list)

    def emit(self, *litres: int, meter: int = 1) -> list[LoggedEvent]:
        """Each in a transaction of its own."""
        logged = []
        for one in litres:
            with transaction.atomic():
                logged.append(emit(self.read(meter_id=meter, litres=one)))
        return logged

    def live(self) -> dict[int, tuple[int, str]]:
        """The read model: litres and trail of each meter."""
        readings = list(Reading.objects.order_by("position").values_list("meter_id", "position"))
        assert len(readings) == len(set(readings))
        return {one.meter_id: (one.litres, one.trail) for one in Meter.objects.all()}

    def straight(self, *left_out: int) -> dict[int, tuple[int, str]]:
        """The same, computed from the log without any projection; without the events at these positions."""
        model: dict[int, tuple[int, str]] = {}
        rows = LoggedRow.objects.filter(name="meter.read").exclude(position__in=left_out)
        for row in rows.order_by("stream", "stream_version"):
            litres, trail = model.get(row.payload["meter_id"], (0, ""))
            model[row.payload["meter_id"]] = (litres + row.payload["litres"], f"{trail} {row.stream_version}")
        return model


def declare() -> Meters:
    """The events, and the projection `meters.totals`."""

    class MeterRead(Event, name="meter.read", stream="meter-{meter_id}"):
        meter_id: int
        litres: int

    class MeterPainted(Event, name="meter.painted", stream="meter-{meter_id}"):
        meter_id: int

    meters = Meters(MeterRead, MeterPainted)

    @projection(MeterRead, name="meters.totals", models=[Meter, Reading])
    def totals(facts: Sequence[Fact]) -> None:
        meters.calls.append(len(facts))
        for fact in facts:
            assert isinstance(fact.event, MeterRead)
            if fact.event.litres in meters.poison:
                raise ValueError(f"{fact.event.litres} litres are too many")
            meter, _ = Meter.objects.get_or_create(meter_id=fact.event.meter_id)
            meter.litres += fact.event.litres
            meter.trail += f" {fact.context.stream_version}"
            meter.save()
            Reading.objects.create(meter_id=fact.event.meter_id, position=fact.context.position)

    return meters


@pytest.fixture
def meters(transactional_db: None) -> Iterator[Meters]:
    """Declared for one test, with tables of its own; the subscription begins with it."""
    with connection.schema_editor() as editor:
        editor.create_model(Meter)
        editor.create_model(Reading)
    declared = declare()
    enroll()
    yield declared
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS meters_reading, meters_meter CASCADE")
        for schema in schemas():
            cursor.execute(f"DROP SCHEMA {schema} CASCADE")


def schemas() -> list[str]:
    """Those of rebuilds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'backroom%%'")
        return [name for (name,) in cursor.fetchall()]
