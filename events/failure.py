"""A failure: what is kept of an error, and whether it is expected to go away by itself."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from django.conf import settings
from django.db import InterfaceError, OperationalError

from events.conf import events_settings
from events.errors import MessageLost, UnknownEvent, UnknownSubscriber
from events.personal import ERASED

#: Servers that were away, code that is being rolled out. A message that came back from a dead worker is not among them:
#: it may be what the worker died of.
_TRANSIENT: tuple[type[BaseException], ...] = (
    OperationalError,
    InterfaceError,
    ConnectionError,
    TimeoutError,
    MessageLost,
    UnknownSubscriber,
    UnknownEvent,
)
#: The same of libraries, by name: nobody has to import what a subscriber does not use.
_TRANSIENT_NAMES = {
    "httpx.TransportError",
    "kombu.exceptions.OperationalError",
    "redis.exceptions.ConnectionError",
    "redis.exceptions.TimeoutError",
    "requests.exceptions.ConnectionError",
    "requests.exceptions.Timeout",
    "smtplib.SMTPConnectError",
    "smtplib.SMTPServerDisconnected",
    "socket.gaierror",
}

_FINGERPRINT_LIMIT = 200
#: What differs from one error to the next of the same kind, and what it is called in a fingerprint.
_PARTICULARS = [
    (re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.IGNORECASE), "<id>"),
    (re.compile(r"(?<!\w)(?:'[^']*'|\"[^\"]*\"|`[^`]*`|«[^»]*»|“[^”]*”)(?!\w)"), "<value>"),
    (re.compile(r"\b0x[0-9a-f]+\b", re.IGNORECASE), "<address>"),
    (re.compile(r"[^\s@<>]+@[^\s@<>]+"), "<address>"),
    (re.compile(r"\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{8,}\b", re.IGNORECASE), "<id>"),
    (re.compile(r"\d+(?:[.,:]\d+)*"), "<n>"),
    (re.compile(r"\s+"), " "),
]


@dataclass(frozen=True, slots=True)
class Failure:
    """An error in words that the database can store: without NUL characters, and not endless."""

    error_class: str
    message: str
    traceback: str
    #: Names the group of errors that are alike: the class, and the innermost place in this project's own code; or,
    #: where that was never reached, the message without what is particular in it.
    fingerprint: str
    kind: type[BaseException] = Exception

    @classmethod
    def of(cls, error: BaseException, traceback_text: str = "") -> Failure:
        """Describe an error; the text stands in for a traceback that was lost between processes."""
        if error.__traceback__ is not None:
            traceback_text = "".join(traceback.format_exception(error))
        error_class = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
        message = _storable(_message(error))
        return cls(
            error_class=error_class,
            message=message,
            traceback=_storable(traceback_text),
            fingerprint=_storable(_fingerprint(error, error_class, message)),
            kind=type(error),
        )

    def without_words(self) -> Failure:
        """The same error without what it says, which may quote somebody who is erased."""
        return replace(self, message=ERASED, traceback=ERASED, fingerprint=wordless(self.fingerprint))

    def is_transient(self) -> bool:
        """Whether the error is expected to go away by itself, as far as the platform can tell."""
        names = {f"{one.__module__}.{one.__qualname__}" for one in self.kind.__mro__}
        return issubclass(self.kind, _TRANSIENT) or not names.isdisjoint(_TRANSIENT_NAMES)


def is_ours(path: Path) -> bool:
    """Code of this project, but neither the platform, which is in every traceback, nor an installed library."""
    root = Path(settings.BASE_DIR)
    if not path.is_relative_to(root):
        return False
    parts = path.relative_to(root).parts
    return parts[0] not in {".venv", "events"} and "site-packages" not in parts


def class_of(fingerprint: str) -> str:
    """The error class that a fingerprint begins with."""
    return fingerprint.split(" ", 1)[0].removesuffix(":")


def wordless(fingerprint: str) -> str:
    """The fingerprint without the error's message, where it is made of that and not of a place."""
    error_class, colon, _ = fingerprint.partition(": ")
    return f"{error_class}: {ERASED}" if colon and " " not in error_class else fingerprint


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return "(the error could not be turned into text)"


def _storable(text: str) -> str:
    # Neither NUL nor half a surrogate pair can be stored; both turn up in real error messages.
    text = text.replace("\0", "␀").encode("utf-8", "backslashreplace").decode()
    limit = events_settings().error_limit_characters
    return text if len(text) <= limit else f"{text[: limit // 2]}\n[…]\n{text[-limit // 2 :]}"


def _fingerprint(error: BaseException, error_class: str, message: str) -> str:
    place = next((place for one in _causes(error) if (place := _place(one))), None)
    text = f"{error_class} in {place}" if place else f"{error_class}: {_without_particulars(message)}"
    return text if len(text) <= _FINGERPRINT_LIMIT else f"{text[: _FINGERPRINT_LIMIT - 1]}…"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error, and what it was raised from."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__


def _place(error: BaseException) -> str | None:
    """The function of ours that is nearest to the error."""
    for frame, _ in reversed(list(traceback.walk_tb(error.__traceback__))):
        path = Path(frame.f_code.co_filename)
        if is_ours(path):
            return f"{path.relative_to(settings.BASE_DIR)}:{frame.f_code.co_qualname}"
    return None


def _without_particulars(message: str) -> str:
    # Searching an endless message costs seconds, and its beginning says what it is about.
    text = message[: 4 * _FINGERPRINT_LIMIT]
    for pattern, name in _PARTICULARS:
        text = pattern.sub(name, text)
    return text.strip()
