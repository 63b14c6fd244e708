"""Replay: run deliveries again on purpose, as a recorded operation whose set is frozen when it is made.

                   ┌────────── resume ──────────┐
                   ▼                            │
    create ─▶ running ─▶ paused (by a person), stopped (by a new error)
                   │                            │
                   ├─▶ finished                 └─▶ cancelled
    item:  waiting ─▶ sent ─▶ done | dead | discarded          waiting, sent ─▶ cancelled

A run is admitted only while its item is sent: the item is the licence. So every replay is one of these, also that of a
single letter, of the second-level retry, and a discard.
"""

from events.replay.driver import advance
from events.replay.freezing import LeftOut, Preview, matches, preview
from events.replay.operations import cancel, create_replay, discard, pause, resume
from events.replay.report import ReplayProgress, progress
from events.replay.selection import Selection

__all__ = [
    "LeftOut",
    "Preview",
    "ReplayProgress",
    "Selection",
    "advance",
    "cancel",
    "create_replay",
    "discard",
    "matches",
    "pause",
    "preview",
    "progress",
    "resume",
]
