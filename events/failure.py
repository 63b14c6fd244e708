"""A failure: what is kept of an error."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from events.conf import events_settings


@dataclass(frozen=True, slots=True)
class Failure:
    """An error in words that the database can store: without NUL characters, and not endless."""

    error_class: str
    message: str
    traceback: str
    #: Names the group of errors that are alike: the class, and the innermost place in this project's own code.
    fingerprint: str

    @classmethod
    def of(cls, error: BaseException, traceback_text: str = "") -> Failure:
        """Describe an error; the text stands in for a traceback that was lost between processes."""
        if error.__traceback__ is not None:
            traceback_text = "".join(traceback.format_exception(error))
        error_class = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
        return cls(
            error_class=error_class,
            message=_storable(_message(error)),
            traceback=_storable(traceback_text),
            fingerprint=f"{error_class} in {_place(error)}",
        )


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


def _place(error: BaseException) -> str:
    """The function of ours that is nearest to the error; the platform's own frames and libraries do not count."""
    root = Path(settings.BASE_DIR)
    for frame, _ in reversed(list(traceback.walk_tb(error.__traceback__))):
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(root) and path.relative_to(root).parts[0] not in {".venv", "events"}:
            return f"{path.relative_to(root)}:{frame.f_code.co_qualname}"
    return "the platform"
