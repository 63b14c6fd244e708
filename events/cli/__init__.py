"""`manage.py events …`: what developers and operators ask, and tell, the platform.

One module for each group of subcommands. Each has `add_to`, which declares them, and for each a function that takes the
options and a Voice, and returns how it ended. What changes something only says what it would do, unless told --yes.
"""

from events.cli import dead, examining, listing, replaying, replays, showing, subscribers, tailing, upkeep
from events.cli.endings import Ending
from events.cli.voice import Voice

#: In the order of the help.
GROUPS = (listing, showing, tailing, dead, replaying, replays, subscribers, upkeep, examining)

__all__ = ["GROUPS", "Ending", "Voice"]
