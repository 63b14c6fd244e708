"""Failpoints: named places on the way of an event where a test has the process killed, stopped, or told of an error.

Nothing happens there unless EVENTS["failpoints"] names the place, with an order or with the path of a file with one:

    {"relay.after_publish": "kill"}                 each time
    {"relay.after_publish": "/orders/relay"}        once, when the file is there; whoever comes first takes it away

`kill` and `stop` send SIGKILL and SIGSTOP to the own process; `raise` raises FailpointReached, which at an `after_`
place means: it happened, but the caller is told that it failed.
"""

import logging
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, get_args

from django.core.signals import setting_changed

from events.conf import did_you_mean, events_settings
from events.errors import FailpointReached, SettingsError

Point = Literal[
    "emit.before_append",
    "emit.after_append",
    "emit.after_commit",
    "emit.after_wake",
    "relay.before_take",
    "relay.after_take",
    "relay.after_publish",
    "relay.after_commit",
    "deliver.before_run",
    "deliver.after_run",
    "deliver.after_settle",
    "deliver.after_commit",
    "retry.before_send",
    "retry.after_send",
    "retry.before_record",
    "retry.after_record",
    "bury.before_settle",
    "bury.after_settle",
    "bury.after_commit",
    "outbox.before_put",
    "outbox.after_put",
    "saga.before_move",
    "saga.after_move",
    "rescue.before_send",
    "rescue.after_send",
    "rescue.after_commit",
    "replay.before_send",
    "replay.after_send",
    "replay.after_commit",
    "rebuild.before_batch_commit",
    "rebuild.after_batch",
    "rebuild.before_swap",
    "rebuild.before_swap_commit",
    "rebuild.after_swap",
]
Order = Literal["kill", "stop", "raise"]

POINTS: tuple[Point, ...] = get_args(Point)
ORDERS: tuple[Order, ...] = get_args(Order)

logger = logging.getLogger(__name__)

#: None: the settings were not looked at yet.
_armed: dict[str, str] | None = None


def reach(point: Point) -> None:
    """Say that the process got here, which costs next to nothing when nothing is armed. Raises FailpointReached."""
    if _armed is None:
        _arm()
    if _armed:
        _obey(point, _armed.get(point))


def armed() -> dict[str, str]:
    """What EVENTS["failpoints"] says. Raises SettingsError for a place or an order that does not exist."""
    wanted = events_settings().failpoints
    for point, order in wanted.items():
        if point not in POINTS:
            raise SettingsError(why=f"there is no failpoint {point!r}{did_you_mean(point, list(POINTS))}")
        if order not in ORDERS and not Path(order).is_absolute():
            raise SettingsError(why=f"failpoint {point!r} is to {order!r}, but not to one of {', '.join(ORDERS)}")
    return wanted


def _arm() -> None:
    global _armed
    _armed = armed()
    if _armed:
        logger.warning("Failpoints are armed: %s", ", ".join(_armed))


def _obey(point: Point, order: str | None) -> None:
    if order and order not in ORDERS:
        order = _taken(Path(order))
    if order == "raise":
        raise FailpointReached(point=point)
    if order:
        os.kill(os.getpid(), {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}[order])


def _taken(file: Path) -> str | None:
    """The order in a file that only one process gets to move away; under its new name it says who that was."""
    receipt = file.with_name(f"{file.name}.{os.getpid()}")
    with suppress(FileNotFoundError):
        return file.rename(receipt).read_text().strip()
    return None


def _forget(*, setting: str, **kwargs: Any) -> None:
    global _armed
    if setting == "EVENTS":
        _armed = None


setting_changed.connect(_forget)
