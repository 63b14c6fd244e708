"""The one EVENTS setting, read once into a frozen dataclass; a new setting is one field."""

from dataclasses import dataclass, fields
from difflib import get_close_matches
from functools import cache
from typing import Annotated, Any

from django.conf import settings
from django.core.signals import setting_changed
from pydantic import Field, TypeAdapter, ValidationError

from events.errors import SettingsError


@dataclass(frozen=True)
class EventsSettings:
    """What can be set in EVENTS; sizes and times carry their unit in the name."""

    #: How deliveries reach a worker: "celery" or "inline".
    transport: str = "celery"
    #: The largest payload that emit accepts, as JSON in UTF-8.
    payload_limit_bytes: Annotated[int, Field(gt=0)] = 1024
    #: Where emit sends its wake-up after a commit, and where the relay listens: udp://host:port, or "" to only poll.
    relay_wake_url: str = "udp://127.0.0.1:5601"
    #: How many outbox rows the relay publishes in one transaction.
    relay_batch_size: Annotated[int, Field(gt=0)] = 500
    #: How often the relay looks without having been woken.
    relay_poll_seconds: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    #: How long the inline transport may hold an outbox row before another process may take it.
    inline_lease_seconds: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 300.0
    #: How much of an error's message or traceback is kept.
    error_limit_characters: Annotated[int, Field(ge=100)] = 65_536


_VALIDATOR = TypeAdapter(EventsSettings)


@cache
def events_settings() -> EventsSettings:
    """The validated EVENTS setting. Raises SettingsError that names the wrong key or value."""
    return parse(getattr(settings, "EVENTS", {}))


def parse(raw: dict[str, Any]) -> EventsSettings:
    """Validate a dict of settings. Raises SettingsError."""
    known = [field.name for field in fields(EventsSettings)]
    for key in raw:
        if key not in known:
            raise SettingsError(why=f"unknown setting {key!r}{did_you_mean(key, known)}")
    try:
        return _VALIDATOR.validate_python(raw)
    except ValidationError as error:
        problem = error.errors()[0]
        raise SettingsError(why=f"{problem['loc'][0]!r} is {problem['input']!r}: {problem['msg']}") from None


def did_you_mean(word: str, known: list[str]) -> str:
    """A suggestion to append to an error message, or nothing."""
    close = get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _forget(*, setting: str, **kwargs: Any) -> None:
    if setting == "EVENTS":
        events_settings.cache_clear()


setting_changed.connect(_forget)
