"""The horizon: what is read below it must not be held down for ever by a transaction that somebody forgot."""

from collections.abc import Iterator

from events.doctor.database import rows
from events.doctor.findings import Check, Finding, broken, duration, fine, warning

_LONG_SECONDS, _TOO_LONG_SECONDS = 60.0, 600.0

# Only what writes has a number and holds the horizon; what only reads keeps dead rows of the outbox from vacuum.
_TRANSACTIONS = """
SELECT pid, coalesce(usename, ''), coalesce(application_name, ''), coalesce(client_addr::text, 'local'), state,
       extract(epoch FROM clock_timestamp() - xact_start)::float, backend_xid IS NOT NULL
FROM pg_stat_activity
WHERE xact_start < clock_timestamp() - make_interval(secs => %s) AND pid <> pg_backend_pid()
  AND backend_type = 'client backend' AND (backend_xid IS NOT NULL OR backend_xmin IS NOT NULL)
ORDER BY xact_start LIMIT 5
"""
_PREPARED = """
SELECT gid, database, extract(epoch FROM clock_timestamp() - prepared)::float
FROM pg_prepared_xacts WHERE prepared < clock_timestamp() - make_interval(secs => %s) ORDER BY prepared
"""
_SLOTS = "SELECT slot_name FROM pg_replication_slots WHERE NOT active ORDER BY slot_name"


def long_transactions() -> Iterator[Finding]:
    """Nothing above the oldest writing one is rescued, caught up with, or counted as settled."""
    found = False
    for pid, user, application, address, state, seconds, writes in rows(_TRANSACTIONS, _LONG_SECONDS):
        who = " ".join(filter(None, [f"Process {pid}", user and f"of {user}", application and f"({application})"]))
        says = f"{who} at {address} has had a transaction open for {duration(seconds)}, now {state}"
        advice = f"End it where it comes from, or with `SELECT pg_terminate_backend({pid})`."
        if writes and seconds > _TOO_LONG_SECONDS:
            found = True
            yield broken(f"{says}. It holds the horizon: what was emitted since is not rescued", advice)
        elif writes or seconds > _TOO_LONG_SECONDS:
            found = True
            held = "the horizon" if writes else "dead rows, which the outbox has many of"
            yield warning(f"{says}. It holds {held}", advice)
    if not found:
        yield fine("No transaction has been open for long")


def prepared_transactions() -> Iterator[Finding]:
    """They outlive every process, and hold the horizon until somebody ends them."""
    prepared = rows(_PREPARED, _LONG_SECONDS)
    for name, database, seconds in prepared:
        yield broken(
            f"The prepared transaction {name!r} of the database {database} has waited for {duration(seconds)}, and "
            "holds the horizon",
            f"Connect to {database}, and COMMIT PREPARED or ROLLBACK PREPARED '{name}'.",
        )
    if not prepared:
        yield fine("No prepared transaction waits")


def replication_slots() -> Iterator[Finding]:
    """One that nobody reads keeps what it has not read, until the disk is full."""
    idle = rows(_SLOTS)
    for (name,) in idle:
        yield warning(
            f"Nobody reads the replication slot {name!r}: PostgreSQL keeps dead rows and its log for it",
            f"Start its reader, or drop it: `SELECT pg_drop_replication_slot('{name}')`.",
        )
    if not idle:
        yield fine("No replication slot lies idle")


CHECKS: list[Check] = [long_transactions, prepared_transactions, replication_slots]
