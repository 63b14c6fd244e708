"""`manage.py events …`: what developers and operators ask, and tell, the platform.

One module for each group of subcommands. Each has `add_to`, which declares them, and for each a function that takes the
options and a Voice, and returns how it ended. What changes something only says what it would do, unless told --yes.
"""

from events.cli import (
    dead,
    erasing,
    examining,
    flow,
    listing,
    projections,
    replaying,
    replays,
    schema,
    showing,
    subscribers,
    tailing,
    upkeep,
    verifying,
)
from events.cli.endings import Ending
from events.cli.voice import Voice

#: In the order of the help.
GROUPS = (
    listing,
    showing,
    tailing,
    flow,
    dead,
    replaying,
    replays,
    subscribers,
    projections,
    upkeep,
    erasing,
    examining,
    verifying,
    schema,
)

__all__ = ["GROUPS", "Ending", "Voice"]
