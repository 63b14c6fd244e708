"""The database: it is there, has the tables, tells the right time, and has counted as far as the log."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import time
from typing import Any

from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from events import rebase
from events.conf import events_settings
from events.doctor.findings import Check, Finding, broken, duration, fine, warning

#: The database is to accept a connection, and to answer each question, within this.
_CONNECT_SECONDS, _ANSWER_SECONDS = 2, 1.5
#: Clocks that are further apart make times hard to compare.
SKEW_SECONDS = 2.0

_Rows = list[tuple[Any, ...]]


@contextmanager
def briefly() -> Iterator[None]:
    """A transaction whose statements are given up after a moment: a doctor must not keep anybody waiting."""
    with transaction.atomic():
        rows("SELECT set_config('statement_timeout', %s, true)", str(round(_ANSWER_SECONDS * 1000)))
        yield


def rows(statement: str, *values: Any) -> _Rows:
    """What the database answers."""
    with connection.cursor() as cursor:
        cursor.execute(statement, list(values))
        return cursor.fetchall()


def database_answers() -> Iterator[Finding]:
    """Asked by a new connection, because an old one may hang."""
    try:
        parameters = connection.get_connection_params() | {"connect_timeout": _CONNECT_SECONDS}
        connection.get_new_connection(parameters).close()
    except Exception as error:
        yield broken(
            f"The database does not answer: {' '.join(str(error).split())[:300]}",
            "Start PostgreSQL, or correct DATABASE_URL. Nothing works without it.",
        )
    else:
        yield fine(f"PostgreSQL answers at {connection.settings_dict['HOST'] or 'its socket'}")


def migrations_are_applied() -> Iterator[Finding]:
    """Those of all apps: subscribers write to their tables."""
    executor = MigrationExecutor(connection)
    missing = [migration for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]
    if missing:
        names = ", ".join(f"{one.app_label}.{one.name}" for one in missing[:5])
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        yield broken(f"Migrations are not applied: {names}{more}", "Run `manage.py migrate`.")
    else:
        yield fine("All migrations are applied")


def database_clock() -> Iterator[Finding]:
    """Against this process."""
    before = time()
    ((now,),) = rows("SELECT extract(epoch FROM clock_timestamp())::float")
    yield from compared("the database", now - (before + time()) / 2)


def transaction_numbers() -> Iterator[Finding]:
    """After a restore into another cluster they begin anew."""
    if rebase.is_behind_log():
        yield broken(
            "The log has events of transactions that this database has yet to reach, as after a restore into another "
            "cluster: new events would be put before old ones and never be rescued",
            "Stop everything that emits, and run `manage.py events rebase --yes`.",
        )
    else:
        yield fine("Transactions are counted on from the end of the log")


def compared(whose: str, skew_seconds: float) -> Iterator[Finding]:
    """What a difference between a clock and this process's means."""
    limit_seconds = events_settings().control_max_age_seconds
    direction = "ahead of" if skew_seconds > 0 else "behind"
    says = f"The clock of {whose} is {duration(abs(skew_seconds))} {direction} that of this process"
    advice = "Have all machines set their clocks by NTP."
    if abs(skew_seconds) > limit_seconds:
        yield broken(f"{says}; commands to workers are refused from {duration(limit_seconds)} on", advice)
    elif abs(skew_seconds) > SKEW_SECONDS:
        yield warning(says, advice)
    else:
        yield fine(f"The clock of {whose} agrees with that of this process")


CHECKS: list[Check] = [migrations_are_applied, database_clock, transaction_numbers]
