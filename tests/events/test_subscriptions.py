"""Since when a subscriber gets events, and how it is paused without losing one."""

from datetime import timedelta

import pytest
from django.utils import timezone

from events import subscriptions
from events.catching_up import catch_up
from events.errors import HistoryPruned, NotSubscribed, StillSubscribed
from events.event import Event
from events.models import Attempt, Delivery, OutboxEntry, Subscription
from events.rescue import rescue
from events.subscribers import subscriber
from tests.events.postman import Postman
from tests.events.test_rescue import later

pytestmark = pytest.mark.django_db(transaction=True)

RAN: list[tuple[str, int]] = []


@pytest.fixture
def sold() -> type[Event]:
    class Sold(Event, name="stamp.sold", stream="stamp-{stamp_id}"):
        stamp_id: int

    RAN.clear()
    Subscription.objects.all().delete()
    return Sold


def declare(sold: type[Event], name: str, **options: str) -> None:
    @subscriber(sold, name=name, **options)  # type: ignore[arg-type]
    def run(event: Event) -> None:
        RAN.append((name, event.stamp_id))  # type: ignore[attr-defined]


def ran(name: str) -> list[int]:
    return [stamp for who, stamp in RAN if who == name]


def test_a_new_subscriber_starts_now(postman: Postman, sold: type[Event]) -> None:
    declare(sold, "albums.fill")
    subscriptions.enroll()
    postman.emit(sold(stamp_id=1))
    postman.deliver_all()
    declare(sold, "prices.follow")
    subscriptions.enroll()
    postman.emit(sold(stamp_id=2))
    postman.deliver_all()
    rescue(later())
    postman.deliver_all()
    assert (ran("albums.fill"), ran("prices.follow")) == ([1, 2], [2])


def test_what_waits_unpublished_is_the_new_subscribers_as_well(postman: Postman, sold: type[Event]) -> None:
    declare(sold, "albums.fill")
    subscriptions.enroll()
    postman.emit(sold(stamp_id=1))
    postman.deliver_all()
    postman.emit(sold(stamp_id=2))
    declare(sold, "prices.follow")
    subscriptions.enroll()
    postman.deliver_all()
    rescue(later())
    assert not OutboxEntry.objects.exists()
    settled = Delivery.objects.filter(subscriber="prices.follow")
    assert [one.event.stream for one in settled] == ["stamp-2"]


def test_what_an_old_relay_publishes_reaches_the_new_subscriber(postman: Postman, sold: type[Event]) -> None:
    declare(sold, "albums.fill")
    subscriptions.enroll()
    postman.emit(sold(stamp_id=1), sold(stamp_id=2))
    messages = postman.collect()  # by the old code
    declare(sold, "prices.follow")
    subscriptions.enroll()
    postman.deliver(*messages)
    postman.emit(sold(stamp_id=3))
    postman.deliver(*[message for message in postman.collect() if message.subscriber.name == "albums.fill"])
    assert rescue(later()) == {"prices.follow": 1}
    postman.deliver_all()
    assert ran("prices.follow") == [3]


def test_a_new_subscriber_from_the_beginning_catches_up_at_a_rate(
    postman: Postman, sold: type[Event], settings: pytest.FixtureRequest
) -> None:
    declare(sold, "albums.fill")
    subscriptions.enroll()
    postman.emit(*[sold(stamp_id=number) for number in range(25)])
    postman.deliver_all()
    declare(sold, "prices.follow", start="beginning")
    subscriptions.enroll()
    settings.EVENTS = settings.EVENTS | {"catch_up_per_second": 10}  # type: ignore[attr-defined]
    now = timezone.now()
    steps = [catch_up(now + timedelta(seconds=second)) for second in range(4)]
    assert steps == [10, 10, 5, 0]
    assert not rescue(now)
    postman.deliver_all()
    assert ran("prices.follow") == list(range(25))
    assert Subscription.objects.get(subscriber="prices.follow").catch_up_to_xid is None
    assert not Attempt.objects.exists()


def test_rescue_leaves_to_catching_up_what_was_never_sent(postman: Postman, sold: type[Event]) -> None:
    declare(sold, "albums.fill")
    subscriptions.enroll()
    postman.emit(*[sold(stamp_id=number) for number in range(5)])
    postman.deliver_all()
    declare(sold, "prices.follow", start="beginning")
    subscriptions.enroll()
    assert not rescue(later())
    catch_up(later())
    postman.collect()  # and lost
    assert not rescue(later())
    assert rescue(later(20)) == {"prices.follow": 5}


def test_pausing_loses_nothing_and_resuming_catches_up(postman: Postman, sold: type[Event]) -> None:
    for name in ("albums.fill", "prices.follow"):
        declare(sold, name)
    subscriptions.enroll()
    postman.emit(sold(stamp_id=1))
    on_their_way = postman.collect()
    subscriptions.pause("albums.fill", by="user:1", reason="it writes nonsense")
    postman.deliver(*on_their_way)  # dropped by the worker
    postman.emit(sold(stamp_id=2), sold(stamp_id=3))
    postman.deliver_all()
    assert not rescue(later())
    assert not catch_up(later())
    assert (ran("albums.fill"), ran("prices.follow")) == ([], [1, 2, 3])
    assert subscriptions.resume("albums.fill")
    postman.emit(sold(stamp_id=4))
    postman.deliver_all()
    catch_up(timezone.now())
    postman.deliver_all()
    assert sorted(ran("albums.fill")) == [1, 2, 3, 4]
    assert not Attempt.objects.exists()
    assert not subscriptions.resume("albums.fill")


def test_a_second_pause_keeps_the_first(postman: Postman, sold: type[Event]) -> None:
    declare(sold, "albums.fill")
    subscriptions.enroll()
    subscriptions.pause("albums.fill", by="user:1", reason="first")
    subscriptions.pause("albums.fill", by="user:2", reason="second")
    paused = Subscription.objects.get()
    assert (paused.paused_by, paused.pause_reason) == ("user:1", "first")


def test_a_backfill_brings_what_was_before_the_subscriber_and_repeats_nothing(
    postman: Postman, sold: type[Event]
) -> None:
    declare(sold, "albums.fill")
    subscriptions.enroll()
    postman.emit(sold(stamp_id=1), sold(stamp_id=2))
    postman.deliver_all()
    declare(sold, "prices.follow")
    subscriptions.enroll()
    postman.emit(sold(stamp_id=3))
    postman.deliver_all()
    rescue(later())
    subscriptions.backfill("prices.follow")
    catch_up(timezone.now())
    postman.deliver_all()
    assert ran("prices.follow") == [3, 1, 2]
    assert Delivery.objects.filter(subscriber="prices.follow").count() == 3


def test_a_backfill_is_refused_when_the_proof_was_pruned(postman: Postman, sold: type[Event]) -> None:
    declare(sold, "albums.fill")
    subscriptions.enroll()
    Subscription.objects.update(pruned_at=timezone.now())
    with pytest.raises(HistoryPruned, match=r"albums\.fill cannot start from the beginning"):
        subscriptions.backfill("albums.fill")


def test_a_removed_subscriber_is_reported_until_somebody_forgets_it(postman: Postman, sold: type[Event]) -> None:
    declare(sold, "albums.fill")
    subscriptions.enroll()
    Subscription.objects.create(
        subscriber="albums.burn", since_xid=0, since_position=0, settled_xid=0, settled_position=0
    )
    assert [one.subscriber for one in subscriptions.removed()] == ["albums.burn"]
    rescue(later())
    subscriptions.forget("albums.burn")
    assert not subscriptions.removed()
    with pytest.raises(StillSubscribed):
        subscriptions.forget("albums.fill")


def test_an_unknown_name_is_refused_with_a_suggestion(postman: Postman, sold: type[Event]) -> None:
    declare(sold, "albums.fill")
    subscriptions.enroll()
    with pytest.raises(NotSubscribed, match=r"albums.fil'; did you mean 'albums.fill'"):
        subscriptions.pause("albums.fil", by="user:1", reason="…")
