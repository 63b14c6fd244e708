"""What an examination finds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """How bad it is; the worst one is the exit code of `manage.py events doctor`."""

    FINE = 0
    WARNING = 1
    BROKEN = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence about one thing, and what to do about it."""

    level: Level
    says: str
    advice: str = ""


#: A check is a function whose name says what it looks at.
Check = Callable[[], Iterator[Finding]]


def fine(says: str) -> Finding:
    """Nothing to do."""
    return Finding(Level.FINE, says)


def warning(says: str, advice: str) -> Finding:
    """It works, and somebody should look."""
    return Finding(Level.WARNING, says, advice)


def broken(says: str, advice: str) -> Finding:
    """Something does not work, or is not safe."""
    return Finding(Level.BROKEN, says, advice)


def duration(seconds: float) -> str:
    """As people say it: 7 s, 12 min, 3.5 h, 2.1 days."""
    for unit, length in (("days", 86_400), ("h", 3_600)):
        if seconds >= 2 * length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds / 60:.0f} min" if seconds >= 120 else f"{seconds:.0f} s"
