"""Projections live: read models that are fed from the log, in the order of each stream, each event once."""

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from django.db import models, transaction

from events.api import Event, Fact, projection
from events.errors import ProjectionHasEffects, UnknownProjection
from events.log import emit
from events.models import Attempt, Delivery, Outcome
from events.projections import Projection, projection_named, projections
from events.projections.checking import check_projections
from tests.events.meters import Meter, Meters, Reading, meters
from tests.events.postman import Postman
from tests.events.rebuilds import NAME, kill_with

__all__ = ["meters"]

pytestmark = pytest.mark.django_db(transaction=True)


class Tap(models.Model):
    """A row that a constraint ties to another one."""

    meter = models.ForeignKey(Meter, models.CASCADE)
    others = models.ManyToManyField("self")

    class Meta:
        app_label = "meters"
        managed = False


def declare(name: str, *of: type[models.Model], event: type[Event]) -> Projection:
    @projection(event, name=name, models=of)
    def project(facts: Sequence[Fact]) -> None:
        Meter.objects.create(meter_id=len(facts))

    return projection_named(name)


def test_a_read_model_is_exact_through_shuffled_and_repeated_messages(postman: Postman, meters: Meters) -> None:
    for meter in (1, 2, 3):
        meters.emit(5, 7, 11, meter=meter)
    messages = postman.collect() * 3
    random.Random(3).shuffle(messages)
    postman.deliver(*messages)
    postman.deliver_all()
    assert meters.live() == meters.straight() == dict.fromkeys((1, 2, 3), (23, " 1 2 3"))
    assert Delivery.objects.count() == 9
    assert meters.calls == [1] * 9


def test_what_a_projection_wrote_before_it_failed_is_gone_and_written_once_by_the_next_try(
    postman: Postman, meters: Meters, monkeypatch: pytest.MonkeyPatch
) -> None:
    meters.emit(5)
    messages = postman.collect()
    with monkeypatch.context() as patch:
        patch.setattr(Reading.objects, "create", lambda **_: 1 / 0)  # the last write of the projection
        postman.deliver(*messages)
    assert meters.live() == {}
    assert Attempt.objects.get().error_class == "ZeroDivisionError"
    postman.deliver(*messages)
    assert meters.live() == meters.straight() == {1: (5, " 1")}


def test_a_dead_letter_holds_up_its_own_stream_alone(postman: Postman, meters: Meters) -> None:
    meters.emit(5, 666, 7, meter=1)
    meters.emit(11, meter=2)
    kill_with(postman, meters, 666)
    assert meters.live() == {1: (5, " 1"), 2: (11, " 1")}
    assert Delivery.objects.get(outcome=Outcome.DEAD).subscriber == NAME


@pytest.mark.parametrize("effect", ["emits", "leaves work for after the commit"])
def test_a_projection_has_no_effects_but_its_rows(meters: Meters, effect: str) -> None:
    def loud(facts: Sequence[Fact]) -> None:
        Meter.objects.create(meter_id=1)
        if effect == "emits":
            emit(meters.painted(meter_id=1))
        else:
            transaction.on_commit(print)

    with pytest.raises(ProjectionHasEffects, match=NAME), transaction.atomic():
        replace(projection_named(NAME), function=loud).apply([])
    assert meters.live() == {}


def test_a_projection_is_declared_by_its_decorator_and_stays_a_function(meters: Meters) -> None:
    one = declare("meters.count", Reading, event=meters.read)
    assert projections() == [one, projection_named(NAME)]
    assert (one.ordered, one.swappable, one.effects, one.start) == (True, True, "database", "beginning")
    assert one.models == (Reading,)
    one.function([])
    assert Meter.objects.get().meter_id == 0
    with pytest.raises(UnknownProjection, match=r"did you mean 'meters\.count'"):
        projection_named("meters.counts")


def test_models_that_a_rebuild_can_swap_pass_the_checks(meters: Meters) -> None:
    assert list(check_projections()) == []


def test_a_projection_without_models_is_reported(meters: Meters) -> None:
    declare("meters.none", event=meters.read)
    assert [message.id for message in check_projections()] == ["events.E020"]


def test_a_model_of_two_projections_is_reported(meters: Meters) -> None:
    declare("meters.again", Meter, event=meters.read)
    (message,) = check_projections()
    assert message.id == "events.E021"
    assert "meters.Meter is a read model of meters.again and of meters.totals" in message.msg


def test_what_ties_a_model_to_other_tables_is_reported(meters: Meters) -> None:
    """Its own keys, those that refer to it, and the table between it and others."""
    declare("meters.taps", Tap, event=meters.read)
    found = {message.id: message.msg for message in check_projections()}
    assert sorted(found) == ["events.E022", "events.E023", "events.E024"]
    assert "Tap, a read model of meters.taps, has no table that is its own" in found["events.E022"]
    ties = [message.msg for message in check_projections() if message.id == "events.E024"]
    assert any("meters.Tap.meter " in tie for tie in ties)
