"""Settings that are not safe, or that break a promise."""

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from celery import current_app
from django.conf import settings

from events.checks import check_catalogue, check_settings
from events.conf import events_settings
from events.doctor.findings import Check, Finding, broken, fine, warning
from events.transports.consumer import SignedConsumer
from events.transports.control import SignedControl
from events.transports.results import DeadLetterBackend

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_TIMEOUTS = {"socket_timeout", "socket_connect_timeout", "health_check_interval"}
_SHORTEST_KEY, _FEWEST_CHARACTERS = 50, 5


def declarations_are_sound() -> Iterator[Finding]:
    """What `manage.py check` says of the platform."""
    found = check_settings() or check_catalogue()
    for message in found:
        yield broken(f"{message.id}: {message.msg}", str(message.hint or "Correct it where it is declared."))
    if not found:
        yield fine("The EVENTS setting and the catalogue are without contradictions")


def django_settings() -> Iterator[Finding]:
    """Those that everything else rests on."""
    yield from _wrong_ones(_of_django()) or [fine("Django's settings are safe, and no failpoint is armed")]


def celery_settings() -> Iterator[Finding]:
    """Those that a promise of the platform rests on."""
    conf = current_app.conf
    wrong = _wrong_ones([*_of_celery(conf), *_of_broker(conf)])
    yield from wrong or [fine("Celery's settings keep the platform's promises")]


def _wrong_ones(questions: Iterable[tuple[bool, Finding]]) -> list[Finding]:
    return [finding for is_wrong, finding in questions if is_wrong]


def _of_django() -> Iterator[tuple[bool, Finding]]:
    yield (
        settings.DEBUG,
        warning("DEBUG is on: errors show the settings to everybody", "Set DEBUG=false where customers come."),
    )
    yield (
        not events_settings().signing_keys and _is_weak(settings.SECRET_KEY),
        broken(
            "Messages to workers are signed with a key from SECRET_KEY, which is short or from an example",
            f"Set a random SECRET_KEY of {_SHORTEST_KEY} characters or more, or SIGNING_KEYS.",
        ),
    )
    points = ", ".join(events_settings().failpoints)
    yield (
        bool(points),
        broken(f"Failpoints are armed: {points}", "Remove 'failpoints' from EVENTS: they are for tests."),
    )


def _of_celery(conf: Any) -> Iterator[tuple[bool, Finding]]:
    more_than_json = {*conf.accept_content, conf.task_serializer, conf.result_serializer} - {"json", "application/json"}
    yield (
        bool(more_than_json),
        broken(
            f"Celery reads or writes {', '.join(sorted(more_than_json))}, which may run whatever is in a message",
            "Allow json alone in CELERY_ACCEPT_CONTENT and the serializers.",
        ),
    )
    yield (
        conf.task_always_eager,
        broken("task_always_eager is on: tasks run where they are sent, unsigned and unrecorded", "Remove it."),
    )
    yield (
        not isinstance(current_app.control, SignedControl) or not _is(conf.worker_consumer, SignedConsumer),
        broken(
            "Workers do not verify signatures: anybody who reaches the broker may run tasks",
            "Take worker_consumer and control from events.transports, as config/celery.py does.",
        ),
    )
    yield (
        not isinstance(current_app.backend, DeadLetterBackend),
        broken(
            "Dead letters are not kept: the result backend is not events.transports.results.DeadLetterBackend",
            "Name it in CELERY_RESULT_BACKEND.",
        ),
    )
    yield (
        conf.result_expires is not None and conf.result_expires != 0,
        warning(
            f"Celery deletes dead letters when they are {conf.result_expires} old",
            "Set CELERY_RESULT_EXPIRES to None: they stay until somebody decides.",
        ),
    )


def _of_broker(conf: Any) -> Iterator[tuple[bool, Finding]]:
    url = urlsplit(conf.broker_url or "")
    is_redis = url.scheme in {"redis", "rediss"}
    missing = _TIMEOUTS - conf.broker_transport_options.keys()
    yield (
        is_redis and bool(missing),
        broken(
            f"CELERY_BROKER_TRANSPORT_OPTIONS lacks {', '.join(sorted(missing))}: a worker whose connection hung for "
            "some seconds never consumes again",
            "Set them as config/settings.py does.",
        ),
    )
    yield (
        is_redis and not url.password and url.hostname not in _LOOPBACK,
        warning(f"Redis at {url.hostname} asks for no password", "Set requirepass, and the password in REDIS_URL."),
    )


def _is_weak(key: str) -> bool:
    return len(key) < _SHORTEST_KEY or len(set(key)) < _FEWEST_CHARACTERS or key.startswith("django-insecure-")


def _is(path: Any, wanted: type) -> bool:
    if isinstance(path, str):
        return path.replace(":", ".") == f"{wanted.__module__}.{wanted.__qualname__}"
    return isinstance(path, type) and issubclass(path, wanted)


CHECKS: list[Check] = [declarations_are_sound, django_settings, celery_settings]
