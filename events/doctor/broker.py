"""The broker: it is there, forgets nothing under pressure, writes down what it has, and tells the right time."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import time
from typing import Any

from celery import current_app
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from events.doctor.database import compared
from events.doctor.findings import Check, Finding, broken, fine, warning

_TIMEOUT_SECONDS = 2
_FULL_SHARE = 0.9


def broker_answers() -> Iterator[Finding]:
    """Whatever broker it is."""
    connection = current_app.connection_for_read(connect_timeout=_TIMEOUT_SECONDS)
    try:
        with _redis() as redis:
            if redis:
                redis.ping()
            else:
                connection.ensure_connection(max_retries=1, timeout=_TIMEOUT_SECONDS)
    except Exception as error:
        yield broken(
            f"The broker does not answer at {connection.as_uri()}: {' '.join(str(error).split())[:200]}",
            "Start it, or correct REDIS_URL. Meanwhile events wait in the outbox, and nothing is lost.",
        )
    else:
        yield fine(f"The broker answers at {connection.as_uri()}")
    finally:
        connection.release()


def redis_forgets_nothing() -> Iterator[Finding]:
    """A full Redis is to refuse what is new; any other policy throws messages away without an error."""
    if not (memory := _info("memory")):
        return
    policy, limit, used = memory["maxmemory_policy"], memory["maxmemory"], memory["used_memory"]
    if policy != "noeviction":
        yield broken(
            f"Redis throws messages away when its memory is full: maxmemory-policy is {policy!r}",
            "Set maxmemory-policy to noeviction, in its configuration and with CONFIG SET.",
        )
    if limit and used > _FULL_SHARE * limit:
        yield warning(
            f"Redis uses {used / limit:.0%} of the {limit >> 20} MiB that it may have",
            "Give it more memory, or start more workers: when it is full, events wait in the outbox.",
        )
    elif policy == "noeviction":
        yield fine("Redis evicts nothing, and has room")


def redis_writes_to_disk() -> Iterator[Finding]:
    """After a restart without, retries are late: rescue has to find out about each."""
    if not (state := _info("persistence")):
        return
    if not state["aof_enabled"]:
        yield warning(
            "Redis has no append-only file: after a restart, what waited in it comes back by rescue, minutes later",
            "Set appendonly to yes, in its configuration and with CONFIG SET.",
        )
    elif state.get("aof_last_write_status", "ok") != "ok":
        yield broken("Redis cannot write its append-only file", "Is its disk full? Its log says why.")
    else:
        yield fine("Redis writes an append-only file")


def redis_clock() -> Iterator[Finding]:
    """Against this process."""
    with _redis() as redis:
        if redis:
            before = time()
            seconds, microseconds = redis.time()
            yield from compared("Redis", seconds + microseconds / 1e6 - (before + time()) / 2)


def _info(section: str) -> dict[str, Any]:
    """What Redis says about itself; nothing when the broker is another one."""
    with _redis() as redis:
        return dict(redis.info(section)) if redis else {}


@contextmanager
def _redis() -> Iterator[Redis | None]:
    url = current_app.conf.broker_read_url or current_app.conf.broker_url
    if not url.startswith(("redis://", "rediss://")):
        yield None
        return
    timeouts = {"socket_timeout": _TIMEOUT_SECONDS, "socket_connect_timeout": _TIMEOUT_SECONDS}
    with Redis.from_url(url, retry=Retry(NoBackoff(), 0), **timeouts) as redis:
        yield redis


CHECKS: list[Check] = [redis_forgets_nothing, redis_writes_to_disk, redis_clock]
