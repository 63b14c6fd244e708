"""A read model that keeps what events say of people: it blanks that on person.erased, live and when it is rebuilt."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from events import catalogue, subscriptions
from events.api import Fact, LoggedEvent, PersonErased, emit, erase, projection
from events.models import Rebuild
from events.projections import projection_named, rebuilding
from events.projections.rebuilding import carry_on, start_rebuild
from tests.events.members import MAIL, declare_joined
from tests.events.meters import Meter, Meters, meters
from tests.events.postman import Postman

__all__ = ["meters"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def join(meters: Meters) -> Callable[[int], LoggedEvent]:
    """Emits what `members.book` keeps: where each member has a meter, which is where their mail goes."""
    catalogue.add_event_type(PersonErased)  # of the platform's own, which is out of sight in tests
    joined = declare_joined()

    @projection(joined, PersonErased, name="members.book", models=[Meter])
    def book(facts: Sequence[Fact]) -> None:
        for event in (fact.event for fact in facts):
            if isinstance(event, PersonErased):
                Meter.objects.filter(meter_id=int(event.person.removeprefix("member-"))).update(place="")
            else:
                told: Any = event
                Meter.objects.update_or_create(meter_id=told.member_id, defaults={"place": told.email})

    subscriptions.enroll()

    def do(member: int) -> LoggedEvent:
        with transaction.atomic():
            return emit(joined(club_id=1, member_id=member, email=MAIL))

    return do


def places() -> dict[int, str]:
    return dict(Meter.objects.values_list("meter_id", "place"))


def start() -> Rebuild:
    return start_rebuild("members.book", reason="test", owner="test", now=timezone.now())


def finish(rebuild: Rebuild) -> None:
    while carry_on(rebuild.pk, 5.0, timezone.now):
        pass
    rebuild.refresh_from_db()
    assert rebuild.state == Rebuild.State.FINISHED


def test_live_and_made_again_it_forgets_who_was_erased(postman: Postman, join: Callable[[int], LoggedEvent]) -> None:
    join(7)
    join(8)
    postman.deliver_all()
    assert places() == {7: MAIL, 8: MAIL}
    erase("member-7", reason="asked", by="test")
    postman.deliver_all()
    assert places() == {7: "", 8: MAIL}
    finish(start())
    assert places() == {7: "", 8: MAIL}


def test_a_rebuild_that_read_the_event_before_the_erasure_forgets_as_well(
    postman: Postman, join: Callable[[int], LoggedEvent]
) -> None:
    join(7)
    postman.deliver_all()
    rebuild = start()
    assert rebuilding._begin_pass(rebuild.pk)
    assert rebuilding._apply_batch(rebuild.pk, projection_named("members.book"))
    erase("member-7", reason="asked", by="test")
    finish(rebuild)
    assert places() == {7: ""}
    postman.deliver_all()
    assert places() == {7: ""}
