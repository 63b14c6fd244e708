"""An event whose subscriber takes as long as the test likes: houses are built until somebody says that it is enough."""

import time
from pathlib import Path

from django.db import connection, transaction

from events.api import Context, Event, emit_many, subscriber


class HouseBegun(Event, name="house.begun", version=1, stream="house-{house_id}"):
    """Somebody builds a house until the file `enough` exists."""

    house_id: int
    enough: str


@subscriber(HouseBegun, name="houses.build", queue="houses", soft_time_limit_seconds=300, time_limit_seconds=310)
def build(event: HouseBegun, context: Context) -> None:
    """Writes a row in the delivery's own transaction, and then takes its time."""
    row = [context.subscriber, event.house_id, context.run, context.attempt, context.event_id]
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO test_ledger VALUES (%s, %s, %s, %s, %s)", row)
    while not Path(event.enough).exists():
        time.sleep(0.05)


def begin(count: int, enough: Path) -> None:
    """Emit the events of some houses."""
    with transaction.atomic():
        emit_many([HouseBegun(house_id=number, enough=str(enough)) for number in range(1, count + 1)])
