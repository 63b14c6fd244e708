"""What should be true of events and deliveries, said as simply as it can be: dictionaries, and no database."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

Pair = tuple[int, str]
#: A run of a pair: position, subscriber, run.
Key = tuple[int, str, int]


@dataclass(frozen=True)
class Wish:
    """What a subscriber is like."""

    name: str
    wants: frozenset[str]
    is_ordered: bool = False
    is_external: bool = False
    max_retries: int = 1


@dataclass(frozen=True)
class Fact:
    """An event in the log."""

    position: int
    name: str
    stream: str
    stream_version: int


@dataclass
class Model:
    """The log, how each delivery ended, and how often each effect is there."""

    wishes: dict[str, Wish]
    facts: dict[int, Fact] = field(default_factory=dict)
    #: How each run ended, by pair and run.
    outcomes: defaultdict[Pair, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))
    effects: Counter[Pair] = field(default_factory=Counter)
    paused: set[str] = field(default_factory=set)

    def pairs(self) -> list[Pair]:
        """Every event with everybody who wants it."""
        return [(fact.position, one.name) for fact in self.facts.values() for one in self.wanting(fact)]

    def wanting(self, fact: Fact) -> list[Wish]:
        """Those who want an event."""
        return [wish for wish in self.wishes.values() if fact.name in wish.wants]

    def last_outcome(self, pair: Pair) -> str | None:
        """How the newest run that has ended did."""
        runs = self.outcomes[pair]
        return runs[max(runs)] if runs else None

    def is_open_dead(self, pair: Pair) -> bool:
        """Whether somebody has to do something about it."""
        return self.last_outcome(pair) == "dead"

    def deliver(self, key: Key, retries: int, fate: str, out: set[Key], open_items: set[Key]) -> None:
        """What a message that arrives does; `out` are the replayed runs that were sent, `open_items` all that are not
        over."""
        position, name, run = key
        wish, pair = self.wishes[name], (position, name)
        if name in self.paused or run in self.outcomes[pair] or (run and key not in out):
            return
        if wish.is_ordered and self.is_behind(pair, open_items):
            return
        if fate == "works" or (fate == "fails late" and wish.is_external):
            self.effects[pair] += 1
        if fate == "works":
            self.outcomes[pair][run] = "done"
        elif fate == "rejects" or (fate != "snoozes" and retries >= wish.max_retries):
            self.outcomes[pair][run] = "dead"

    def is_behind(self, pair: Pair, open_items: set[Key]) -> bool:
        """Whether something before it in its lane is not settled, or dead, or about to run again."""
        own, name = self.facts[pair[0]], pair[1]
        lane = [fact for fact in self.facts.values() if fact.stream == own.stream and name in self._names(fact)]
        before = [fact for fact in lane if fact.stream_version < own.stream_version]
        items = [(position, run) for position, subscriber, run in open_items if subscriber == name]
        again = {position for position, run in items if self.outcomes[position, name].get(run) in {None, "dead"}}
        return any(
            fact.position in again or self.last_outcome((fact.position, name)) in {None, "dead"} for fact in before
        )

    def _names(self, fact: Fact) -> set[str]:
        return {wish.name for wish in self.wanting(fact)}
