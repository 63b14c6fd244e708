"""How a command ends."""

from enum import IntEnum


class Ending(IntEnum):
    """The exit code."""

    FINE = 0
    WARNING = 1
    BROKEN = 2
    #: Nothing matched what was asked for.
    NOTHING = 3
