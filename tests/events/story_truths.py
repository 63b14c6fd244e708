"""What must be true after every step of a story."""

from collections import Counter

from hypothesis.stateful import RuleBasedStateMachine, invariant

from events.models import Event as LoggedRow
from events.models import Subscription
from tests.events.model import Model
from tests.events.story_world import WISHES, effects, settled


class Truths(RuleBasedStateMachine):
    """The platform against the model."""

    model: Model

    @invariant()
    def each_delivery_ended_as_the_model_says(self) -> None:
        rows = settled()
        for (position, name, run), outcome in rows.items():
            assert self.model.outcomes[position, name].get(run) == outcome, (position, name, run, outcome)
        for pair in self.model.pairs():
            if self.model.is_open_dead(pair):  # never pruned
                assert (*pair, max(self.model.outcomes[pair])) in rows

    @invariant()
    def each_effect_is_there_as_often_as_the_model_says(self) -> None:
        there, meant = Counter(effects()), +self.model.effects
        assert there == meant, f"too many: {there - meant}, too few: {meant - there}"

    @invariant()
    def lanes_are_in_order(self) -> None:
        """By when each effect was there first."""
        newest: dict[tuple[str, str], int] = {}
        for position, name in dict.fromkeys(effects()):
            fact = self.model.facts[position]
            if WISHES[name].is_ordered:
                assert newest.get((name, fact.stream), 0) < fact.stream_version
                newest[name, fact.stream] = fact.stream_version

    @invariant()
    def what_counts_as_settled_is(self) -> None:
        for row in Subscription.objects.all():
            below = LoggedRow.objects.extra(
                where=["(xid, position) <= (%s, %s)"], params=[row.settled_xid, row.settled_position]
            ).filter(name__in=WISHES[row.subscriber].wants)
            for position in below.values_list("position", flat=True):
                assert 0 in self.model.outcomes[position, row.subscriber], (position, row.subscriber)

    @invariant()
    def only_what_is_settled_is_gone_from_the_log(self) -> None:
        left = set(LoggedRow.objects.values_list("position", flat=True))
        for position, name in self.model.pairs():
            if position not in left:
                assert self.model.last_outcome((position, name)) in {"done", "discarded"}
