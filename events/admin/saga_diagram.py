"""The diagram of a saga's run: its steps in columns, from what comes first to what comes last, each with its undo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from events.admin.rendering import duration, moment, payload_html
from events.admin.stories import Try, tries
from events.models import SagaStep
from events.sagas import SagaView, StepView
from events.sagas.deciding import ACTION, Plan

COLORS = {
    "waiting": "info",
    "due": "info",
    "done": "success",
    "failed": "danger",
    "unknown": "warning",
    "timed_out": "danger",
    "ended": "default",
}


@dataclass(frozen=True, slots=True)
class Move:
    """A step or its undo, as it is shown."""

    view: StepView
    direction_words: str
    state_words: str
    color: str
    begun_at: SafeString
    settled_at: SafeString
    took: str
    recorded: SafeString | None
    event_url: str
    #: Until when it waits.
    deadline_at: SafeString
    #: Those that failed, while it is still being tried.
    tries: list[Try]


@dataclass(slots=True)
class Node:
    """One step of the diagram; without an action it was not reached."""

    name: str
    after: tuple[str, ...] = ()
    action: Move | None = None
    undo: Move | None = None

    @property
    def tries(self) -> list[Try]:
        """Those of it or of its undo that failed, while one of them is still being tried."""
        return [one for move in (self.action, self.undo) if move for one in move.tries]


@dataclass(frozen=True, slots=True)
class Diagram:
    """Columns of nodes that may run in parallel, and all moves in the order in which they were begun."""

    columns: list[list[Node]] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)


def diagram_of(view: SagaView, plan: Plan | None) -> Diagram:
    """Of a run; steps that this code does not know any more come last."""
    moves = [_move(view.name, one) for one in view.steps]
    nodes = {one.name: Node(one.name, one.after) for one in (plan.steps if plan else ())}
    for move in moves:
        node = nodes.setdefault(move.view.step, Node(move.view.step, tuple(list(nodes)[-1:])))
        if move.view.direction == ACTION:
            node.action = move
        else:
            node.undo = move
    return Diagram(_columns(list(nodes.values())), moves)


def _columns(nodes: Sequence[Node]) -> list[list[Node]]:
    columns: list[list[Node]] = []
    placed: set[str] = set()
    left = list(nodes)
    while left:
        column = [one for one in left if placed.issuperset(one.after)] or left
        columns.append(column)
        placed.update(one.name for one in column)
        left = [one for one in left if one not in column]
    return columns


def _move(saga: str, view: StepView) -> Move:
    took = (view.settled_at - view.begun_at).total_seconds() if view.settled_at else None
    return Move(
        view=view,
        direction_words=_("action") if view.direction == ACTION else _("compensation"),
        state_words=str(SagaStep.State(view.state).label),
        color=COLORS[view.state],
        begun_at=moment(view.begun_at),
        settled_at=moment(view.settled_at),
        took="" if took is None else duration(took),
        recorded=_shown(view.recorded),
        event_url=reverse("admin:events_event_change", args=[view.position]) if view.position else "",
        deadline_at=moment(view.deadline_at),
        tries=_tries(saga, view),
    )


def _tries(saga: str, view: StepView) -> list[Try]:
    if view.state != "due" or view.position is None:
        return []
    undo = "" if view.direction == ACTION else ".undo"
    return tries(view.position, f"sagas.{saga}.{view.step}{undo}", run=0)


def _shown(recorded: dict[str, Any] | None) -> SafeString | None:
    return None if recorded is None else payload_html(recorded)
