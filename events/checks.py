"""Start-up checks: `manage.py check` and every server report contradictions before the first event is emitted."""

from collections.abc import Iterator
from string import Formatter
from typing import Any, get_args

from celery import current_app
from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.management.base import SystemCheckError
from pydantic.errors import PydanticInvalidForJsonSchema, PydanticSchemaGenerationError

from events import catalogue, failpoints
from events.conf import did_you_mean, events_settings
from events.errors import SettingsError
from events.event import Event
from events.personal_checks import check_people
from events.projections.checking import check_projections
from events.sagas.checking import check_sagas
from events.subscribers import Effects
from events.transports import current_transport
from events.wake import wake_address


def refuse_contradictions() -> None:
    """For servers, which start without Django's checks. Raises SystemCheckError with all that is found."""
    if found := [*check_settings(), *check_catalogue()]:
        raise SystemCheckError("\n".join(str(message) for message in found))


@register("events")
def check_settings(**kwargs: Any) -> list[CheckMessage]:
    """EVENTS is readable, and names a transport that exists."""
    try:
        events_settings()
        current_transport()
        wake_address()
        failpoints.armed()
    except SettingsError as error:
        return [Error(str(error), id="events.E001")]
    return [*_memory()]


@register("events", deploy=True)
def check_failpoints(**kwargs: Any) -> list[CheckMessage]:
    """What tests break on purpose stays whole in production."""
    if not getattr(settings, "EVENTS", {}).get("failpoints"):
        return []
    hint = "They kill processes and raise errors: remove 'failpoints' from EVENTS."
    return [Error("Failpoints are armed", hint=hint, id="events.E011")]


@register("events")
def check_catalogue(**kwargs: Any) -> list[CheckMessage]:
    """Names are unique, subscribers want events that exist, payloads are JSON, streams refer to fields, upcasters lead
    somewhere."""
    declarations = [*_duplicates(), *_payloads(), *_streams(), *check_people(), *_upcasters()]
    return [
        *declarations,
        *_subscriptions(),
        *_time_limits(),
        *_options(),
        *_visibility(),
        *_folds(),
        *check_projections(),
        *check_sagas(),
    ]


def _duplicates() -> Iterator[CheckMessage]:
    for first, second in catalogue.duplicates():
        yield Error(
            f"{_place(first)} and {_place(second)} claim the same name",
            hint="Give one of them another name, or another version if it is a changed event.",
            id="events.E002",
        )


def _payloads() -> Iterator[CheckMessage]:
    for event_type in catalogue.event_types():
        try:
            event_type.model_json_schema(mode="serialization")
        except (PydanticInvalidForJsonSchema, PydanticSchemaGenerationError) as error:
            yield Error(
                f"The payload of {_place(event_type)} cannot be JSON: {error}",
                hint="Use numbers, text, dates, UUIDs, Decimals, and lists or dicts of them.",
                id="events.E003",
            )
        aliases = [name for name, field in event_type.model_fields.items() if field.alias or field.serialization_alias]
        if unreadable := [*event_type.model_computed_fields, *aliases]:
            yield Error(
                f"The payload of {_place(event_type)} could not be read back: {', '.join(unreadable)}",
                hint="Events have plain fields, without aliases and without computed ones.",
                id="events.E010",
            )


def _streams() -> Iterator[CheckMessage]:
    for event_type in catalogue.event_types():
        fields = [field for _, field, _, _ in Formatter().parse(event_type.event_stream) if field is not None]
        unknown = [field for field in fields if field not in event_type.model_fields]
        if unknown or not fields:
            yield Error(
                f"The stream {event_type.event_stream!r} of {_place(event_type)} must be made of its fields",
                hint=f"Refer to one of: {', '.join(event_type.model_fields)}.",
                id="events.E004",
            )


def _subscriptions() -> Iterator[CheckMessage]:
    for subscriber in catalogue.subscribers():
        wanted = [event_type for event_type in subscriber.event_types if event_type is not Event]
        unknown = [event_type for event_type in wanted if event_type not in catalogue.event_types()]
        if unknown or not subscriber.event_types:
            yield Error(
                f"Subscriber {subscriber.name} wants {', '.join(map(_place, unknown)) or 'no event at all'}",
                hint="Name declared event types in @subscriber(…).",
                id="events.E005",
            )
        if ":" in subscriber.name or not subscriber.name:
            yield Error(f"Subscriber name {subscriber.name!r} must not be empty or contain ':'", id="events.E006")


def _time_limits() -> Iterator[CheckMessage]:
    for subscriber in catalogue.subscribers():
        soft, hard = subscriber.soft_time_limit_seconds, subscriber.time_limit_seconds
        if (soft is None) != (hard is None) or (soft and hard and soft >= hard):
            yield Error(
                f"Subscriber {subscriber.name} has a soft time limit of {soft} s and a hard one of {hard} s",
                hint="Give both, the soft one below: it is raised as an error, the hard one kills the process.",
                id="events.E007",
            )


def _options() -> Iterator[CheckMessage]:
    for subscriber in catalogue.subscribers():
        wrong = {
            "effects": subscriber.effects not in get_args(Effects),
            "queue": not subscriber.queue,
            "max_retries": subscriber.max_retries < 0,
            "backoff_seconds": subscriber.backoff_seconds < 1,
            "backoff_cap_seconds": subscriber.backoff_cap_seconds < 1,
        }
        if any(wrong.values()):
            values = [f"{name}={getattr(subscriber, name)!r}" for name, is_wrong in wrong.items() if is_wrong]
            yield Error(
                f"Subscriber {subscriber.name} has {', '.join(values)}",
                hint=f"effects is one of {', '.join(get_args(Effects))}; a backoff is at least 1 s.",
                id="events.E009",
            )


def _visibility() -> Iterator[CheckMessage]:
    """Redis hands a message that was not acknowledged for this long to another worker, whatever the first one does."""
    conf = current_app.conf
    visibility_seconds = conf.broker_transport_options.get("visibility_timeout", 3600)
    for subscriber in catalogue.subscribers():
        # A retry waits in the worker, unacknowledged, and then runs.
        limit_seconds = subscriber.time_limit_seconds or conf.task_time_limit or 0
        longest_seconds = subscriber.backoff_cap_seconds + limit_seconds
        if longest_seconds >= visibility_seconds:
            yield Error(
                f"Subscriber {subscriber.name} may wait and run for {longest_seconds} s, but the broker repeats a "
                f"message after {visibility_seconds} s",
                hint="Raise visibility_timeout in CELERY_BROKER_TRANSPORT_OPTIONS, or lower the limits.",
                id="events.E008",
            )


def _memory() -> Iterator[CheckMessage]:
    """A message that the broker gives back must not be too old by then."""
    visibility_seconds = current_app.conf.broker_transport_options.get("visibility_timeout", 3600)
    limit_seconds = events_settings().message_max_age_seconds
    if limit_seconds < visibility_seconds:
        yield Error(
            f"Workers refuse messages older than {limit_seconds:g} s, but the broker may repeat one after "
            f"{visibility_seconds} s",
            hint="Raise EVENTS['message_max_age_seconds'] above visibility_timeout.",
            id="events.E013",
        )


def _upcasters() -> Iterator[CheckMessage]:
    names = {event_type.event_name for event_type in catalogue.event_types()}
    declared = {(event_type.event_name, event_type.event_version) for event_type in catalogue.event_types()}
    present = {(name, version) for name, version, _ in catalogue.upcasters()}
    for name, version, upcaster in catalogue.upcasters():
        end = version + 1
        while (name, end) in present:
            end += 1
        if version < 1 or (name, end) not in declared:
            yield Error(
                f"The upcaster {_place(upcaster)} leads {name!r} from version {version} to {end}, which no class is"
                f"{'' if name in names else did_you_mean(name, sorted(names))}",
                hint="Declare the class of that version, or give the upcaster that goes on from there.",
                id="events.E012",
            )


def _folds() -> Iterator[CheckMessage]:
    prefixes = [fold.prefix for fold in catalogue.folds()]
    for fold in catalogue.folds():
        if not fold.prefix or not fold.state.model_config.get("frozen"):
            yield Error(
                f"The fold {fold.name} has the streams {fold.pattern!r} and the state {_place(fold.state)}",
                hint="Streams begin with text, as in 'order-{order_id}', and a state is frozen: it is kept and shared.",
                id="events.E030",
            )
    for verification in catalogue.verifications():
        if not any(verification.prefix.startswith(prefix) for prefix in prefixes):
            yield Error(
                f"{_place(verification.rows)} verifies streams that begin with {verification.prefix!r}, and no fold has"
                f" such{did_you_mean(verification.prefix, prefixes)}",
                hint="Declare a @fold for them.",
                id="events.E031",
            )


def _place(declaration: object) -> str:
    return f"{declaration.__module__}.{getattr(declaration, '__qualname__', declaration)}"
