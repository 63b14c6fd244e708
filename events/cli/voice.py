"""The voice of the commands: results on stdout, for people or as JSON; everything else on stderr."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TextIO

from django.utils import timezone
from rich.console import Console
from rich.table import Table
from rich.text import Text

#: A column that is widened by one long text keeps the others readable.
_WIDEST = 100


class Voice:
    """Says each thing where it belongs. With `as_json`, stdout gets one document and nothing else."""

    def __init__(self, out: TextIO, err: TextIO, as_json: bool) -> None:
        self._out, self._err, self.as_json = out, err, as_json
        self._last_progress = ""

    def document(self, document: Any) -> None:
        """The result as JSON, if that was asked for."""
        if self.as_json:
            self._write(self._out, json.dumps(document, default=_plain, ensure_ascii=False, indent=2))

    def line(self, document: Any, text: str) -> None:
        """One of a stream of results: a line of JSON or of text, at once."""
        said = json.dumps(document, default=_plain, ensure_ascii=False) if self.as_json else printable(text)
        self._write(self._out, said)
        self._out.flush()

    def say(self, *lines: str) -> None:
        """Results for people."""
        if not self.as_json:
            for line in lines:
                self._write(self._out, printable(line))

    def styled(self, word: str, style: str, text: str) -> None:
        """A result for people that begins with a word in colour, on a terminal."""
        if self._out.isatty() and not self.as_json:
            line = Text.assemble((word, style), printable(text))
            Console(file=self._out, highlight=False).print(line, soft_wrap=True)
        else:
            self.say(f"{word}{text}")

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Results for people; on a terminal it fits, elsewhere each row is a line."""
        if self.as_json:
            return
        texts = [[printable(_shown(cell)) for cell in row] for row in rows]
        if self._out.isatty():
            self._rich_table(heads, texts)
        else:
            for line in _aligned([list(heads), *texts]):
                self._write(self._out, line)

    def note(self, text: str) -> None:
        """What helps to understand the result."""
        self._write(self._err, printable(text))

    def progress(self, text: str) -> None:
        """How far something is; said again only when it has changed."""
        if text != self._last_progress:
            self._last_progress = text
            self.note(text)
            self._err.flush()

    def _rich_table(self, heads: Sequence[str], texts: list[list[str]]) -> None:
        table = Table(*heads, box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
        for row in texts:
            table.add_row(*(Text(cell, overflow="fold") for cell in row))
        Console(file=self._out, highlight=False).print(table)

    def _write(self, to: TextIO, text: str) -> None:
        to.write(f"{text}\n")


def printable(text: str) -> str:
    """Without what would move the cursor, ring the bell, or turn the line around: errors and payloads are strangers'
    words."""
    return "".join(one if one.isprintable() or one in "\n\t" else f"\\u{ord(one):04x}" for one in text)


def instant(at: datetime | None) -> str:
    """In the project's time zone, to the second."""
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S}" if at else ""


def shortened(text: str, limit: int = _WIDEST) -> str:
    """The beginning of a text, on one line."""
    text = " ".join(text.split())
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _shown(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else ""
    if isinstance(cell, datetime):
        return instant(cell)
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


def _aligned(texts: list[list[str]]) -> list[str]:
    widths = [min(max(len(row[column]) for row in texts), _WIDEST) for column in range(len(texts[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in texts]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else str(value)
