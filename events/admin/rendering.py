"""How values look: payloads, tracebacks, instants, durations, outcomes."""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from events import personal
from events.failure import is_ours
from events.models import Event, Outcome

#: The colours of unfold's labels.
OUTCOME_COLORS = {Outcome.DONE.value: "success", Outcome.DEAD.value: "danger", Outcome.DISCARDED.value: "warning"}

_FRAME = re.compile(r'  File "(?P<path>[^"]+)", line \d+')
_MARKERS = re.compile(r"\s*[~^]+\s*")  # Python's underlining, which means nothing once lines are wrapped
_JSON_PARTS = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*")(?=:)|(?P<text>"(?:[^"\\]|\\.)*")|(?P<number>-?\d[\d.eE+-]*)|(?P<word>true|false|null)'
)


def payload_of(event: Event, request: HttpRequest) -> SafeString:
    """The payload of a logged event: its personal fields are plain for who may read them, else only named."""
    if not request.user.has_perm("events.view_personal"):
        return payload_html(personal.masked(event.payload))
    return payload_html(personal.uncovered(event.payload, event_id=event.id, name=event.name))


def payload_html(payload: Any) -> SafeString:
    """JSON, indented, its parts in colours, as it is given."""
    text = json.dumps(payload, indent=2, ensure_ascii=False)
    parts, end = [], 0
    for match in _JSON_PARTS.finditer(text):
        parts += [escape(text[end : match.start()]), _span(f"json-{match.lastgroup}", match[0])]
        end = match.end()
    return mark_safe("".join([*parts, escape(text[end:])]))


def traceback_html(text: str) -> SafeString:
    """A traceback line by line: frames of this project's own code stand out, those of libraries step back."""
    kind, lines = "", []
    for line in text.rstrip().splitlines():
        if _MARKERS.fullmatch(line):
            continue
        kind = _kind_of_line(line, kind)
        lines.append(_span(f"traceback-{kind}", f"{_shortened(line)}\n"))
    return mark_safe("".join(lines))


def moment(instant: datetime | None) -> SafeString:
    """An instant to the millisecond, in the same form in every language."""
    if instant is None:
        return mark_safe("–")
    shown = f"{instant:%Y-%m-%d %H:%M:%S}.{instant.microsecond // 1000:03d}"
    return format_html('<time datetime="{}" dir="ltr" class="moment">{}</time>', instant.isoformat(), shown)


def duration(seconds: float) -> str:
    """A length of time as people say it: 12 ms, 3.4 s, 5 min."""
    if seconds < 1:
        return _("{number} ms").format(number=number_format(round(max(seconds, 0) * 1000)))
    if seconds < 100:
        return _("{number} s").format(number=number_format(round(seconds, 1), decimal_pos=1))
    if seconds < 7200:
        return _("{number} min").format(number=number_format(round(seconds / 60)))
    return _("{number} h").format(number=number_format(round(seconds / 3600, 1), decimal_pos=1))


def code(text: object) -> SafeString:
    """Technical words: monospaced, and left to right in every language."""
    return format_html('<span class="code" dir="ltr">{}</span>', text)


def error_line(error_class: str, message: str) -> SafeString:
    """The class without its module, and the start of the message."""
    name = error_class.rpartition(".")[2]
    return format_html('<span class="code error-line" dir="ltr">{}: {}</span>', name, message)


def link(url: str, text: object) -> SafeString:
    """A link to another page of the console."""
    return format_html('<a class="console-link" href="{}">{}</a>', url, text)


def _span(kind: str, text: str) -> SafeString:
    return format_html('<span class="{}">{}</span>', kind, text)


def _kind_of_line(line: str, before: str) -> str:
    """ours, theirs, or error: a frame's kind lasts until the next frame or until a line that is not indented."""
    if frame := _FRAME.match(line):
        return "ours" if is_ours(Path(frame["path"])) else "theirs"
    if line.startswith("    ") and before in {"ours", "theirs"}:
        return before
    is_heading = line.startswith(("Traceback (", "During handling", "The above exception")) or not line.strip()
    return "heading" if is_heading else "error"


def _shortened(line: str) -> str:
    """Paths from the project, or from the library's package, on."""
    return re.sub(r'^(  File ")(?:.*/site-packages/|{})'.format(re.escape(f"{settings.BASE_DIR}/")), r"\1", line)
