"""Transports: how deliveries reach a worker. Each is one module here, with a class called `Transport`."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol

from django.core.signals import setting_changed

from events.conf import did_you_mean, events_settings
from events.errors import SettingsError
from events.subscribers import DeliveryKey, Subscriber


@dataclass(frozen=True, slots=True)
class Message:
    """One event on its way to one subscriber; the event is JSON text, `title` is what a person is shown of it, and
    `retries` counts the tries that failed before."""

    subscriber: Subscriber
    key: DeliveryKey
    event_json: str
    title: str
    retries: int = 0


class TransportProtocol(Protocol):
    """What the relay needs of a transport."""

    #: Whether publishing runs the subscribers right there. Otherwise publishing hands the messages to a broker.
    in_process: bool

    def publish(self, messages: Sequence[Message]) -> None:
        """Have each message delivered at least once. Raises when that is uncertain; all of them are then published
        again."""

    def waiting_since(self, queue: str) -> datetime | None:
        """When the oldest message was sent that still waits for a worker; None when none waits. Raises what the
        broker's client raises."""


@cache
def current_transport() -> TransportProtocol:
    """The transport named in the settings: a module here, or by its dotted path one elsewhere. Raises SettingsError."""
    name = events_settings().transport
    known = [module.name for module in iter_modules(__path__)]
    module = import_module(f"{__name__}.{name}") if name in known else None
    if "." in name:
        with suppress(ModuleNotFoundError):
            module = import_module(name)
    if module is None or not hasattr(module, "Transport"):
        raise SettingsError(why=f"there is no transport {name!r}{did_you_mean(name, known)}")
    transport: TransportProtocol = module.Transport()
    return transport


def _forget(*, setting: str, **kwargs: object) -> None:
    if setting == "EVENTS":
        current_transport.cache_clear()


setting_changed.connect(_forget)
