"""The one EVENTS setting, read once into a frozen dataclass; a new setting is one field."""

from dataclasses import dataclass, field, fields
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

    #: How deliveries reach a worker: "celery", "inline", or the dotted path of a module with a class `Transport`.
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
    #: For how long nothing may be heard of a delivery before it is sent again.
    rescue_after_seconds: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 120.0
    #: How often the log is compared with the deliveries.
    rescue_interval_seconds: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 15.0
    #: How often one delivery is sent again before it is given up: a message that ends whatever takes it ends as well.
    rescue_limit: Annotated[int, Field(gt=0)] = 5
    #: How many events a second a subscriber gets that catches up: new at the beginning of the log, or after a pause.
    catch_up_per_second: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 500.0
    #: For how long an event waits for code that knows its version, before its delivery is a dead letter.
    unknown_version_patience_seconds: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 600.0
    #: When dead letters of errors that go away by themselves are replayed, counted from each death.
    second_level_delays_seconds: tuple[Annotated[float, Field(gt=0, allow_inf_nan=False)], ...] = (60.0, 300.0, 1500.0)
    #: Who gets a mail about a new group of dead letters; nobody is told by mail when empty.
    alert_emails: tuple[str, ...] = ()
    #: For how long settled deliveries and their attempts are kept; None keeps them for good.
    delivery_retention_days: Annotated[float, Field(ge=1, allow_inf_nan=False)] | None = 30.0
    #: For how long events are kept once they are settled; None, as ever, keeps the log for good.
    log_retention_days: Annotated[float, Field(ge=1, allow_inf_nan=False)] | None = None
    #: After how many events of a stream a snapshot of its state is worth taking.
    snapshot_every: Annotated[int, Field(gt=0)] = 100
    #: For how long a request waits for a read model that knows of its own write, before it answers with what there is.
    read_after_seconds: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 2.0
    #: For how long the figures of minutes are kept; None keeps them for good.
    flow_retention_days: Annotated[float, Field(ge=1, allow_inf_nan=False)] | None = 90.0
    #: Where workers write how they are; "" means a private directory among the temporary files.
    worker_status_directory: str = ""
    #: After this long without taking anything, although work waits and it has room, a worker is started again.
    worker_starving_seconds: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 30.0
    #: After this long without a sign of life a worker is started again.
    worker_stale_seconds: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 20.0
    #: How long a worker that is told to stop goes on with the tasks that it has begun.
    worker_drain_seconds: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 20.0
    #: How much of an error's message or traceback is kept.
    error_limit_characters: Annotated[int, Field(ge=100)] = 65_536
    #: What messages to workers are signed with: the first signs, all verify. Empty: derived from SECRET_KEY and its
    #: fallbacks.
    signing_keys: tuple[Annotated[str, Field(min_length=32)], ...] = field(default=(), repr=False)
    #: What the keys of people are encrypted with in their table: the first encrypts, all decrypt. Empty: derived from
    #: SECRET_KEY and its fallbacks.
    personal_keys: tuple[Annotated[str, Field(min_length=32)], ...] = field(default=(), repr=False)
    #: How old a message may be that runs a task which is no delivery; for deliveries there is no such limit.
    message_max_age_seconds: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 86_400.0
    #: How old a command to the workers may be, as their clocks see it.
    control_max_age_seconds: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 300.0
    #: The largest message that a worker reads.
    message_limit_bytes: Annotated[int, Field(ge=16_384)] = 1_048_576
    #: How many refused messages a process of a worker keeps in an hour; the others are only counted in its log.
    refused_per_hour: Annotated[int, Field(ge=0)] = 500
    #: Only for tests: places where something goes wrong on purpose, as events/failpoints.py says.
    failpoints: dict[str, str] = field(default_factory=dict)


_VALIDATOR = TypeAdapter(EventsSettings)
#: What no error message may show.
_SECRET = {"signing_keys", "personal_keys"}


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
        shown = "(not shown here)" if problem["loc"][0] in _SECRET else repr(problem["input"])
        raise SettingsError(why=f"{problem['loc'][0]!r} is {shown}: {problem['msg']}") from None


def did_you_mean(word: str, known: list[str]) -> str:
    """A suggestion to append to an error message, or nothing."""
    close = get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _forget(*, setting: str, **kwargs: Any) -> None:
    if setting == "EVENTS":
        events_settings.cache_clear()


setting_changed.connect(_forget)
