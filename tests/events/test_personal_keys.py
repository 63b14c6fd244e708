"""The keys of people: one each, read once in a transaction, and wrapped with a secret that may change."""

import threading
from typing import Any

import pytest
from django.db import connection, transaction
from pytest_django import Settings

from events import keyring
from events.api import emit, emit_many, erase
from events.errors import PersonalKeyLost
from events.models import PersonalKey
from tests.events.members import MAIL, declare_joined, in_another_process, log, mail_in


@pytest.mark.django_db(transaction=True)
def test_a_transaction_reads_the_key_of_a_person_once(django_assert_num_queries: Any) -> None:
    joined = declare_joined()
    with transaction.atomic(), django_assert_num_queries(4):  # find no key, make one, and two events
        both = [emit(joined(club_id=club, member_id=7, email=MAIL)) for club in (1, 2)]
    with transaction.atomic(), django_assert_num_queries(2):
        assert [mail_in(one) for one in both] == [MAIL, MAIL]
        emit(joined(club_id=3, member_id=7, email=MAIL))
    with django_assert_num_queries(2):
        assert [mail_in(one) for one in both] == [MAIL, MAIL]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("ending", ["commit", "rollback"])
def test_no_key_is_used_beyond_the_transaction_that_read_it(ending: str) -> None:
    logged = log(declare_joined()(club_id=1, member_id=7, email=MAIL))
    with transaction.atomic():
        assert mail_in(logged) == MAIL
        in_another_process(lambda: erase("member-7", reason="asked", by="test"))
        transaction.set_rollback(ending == "rollback")
    assert mail_in(logged) == ""
    with transaction.atomic():
        assert mail_in(logged) == ""


@pytest.mark.django_db(transaction=True)
def test_whoever_erases_reads_nothing_more_in_the_same_transaction() -> None:
    logged = log(declare_joined()(club_id=1, member_id=7, email=MAIL))
    with transaction.atomic():
        assert mail_in(logged) == MAIL
        erase("member-7", reason="asked", by="test")
        assert mail_in(logged) == ""


@pytest.mark.django_db(transaction=True)
def test_a_key_that_was_rolled_back_encrypts_nothing() -> None:
    joined = declare_joined()
    with transaction.atomic():
        with transaction.atomic():
            emit(joined(club_id=1, member_id=7, email=MAIL))
            transaction.set_rollback(True)
        logged = emit(joined(club_id=2, member_id=7, email=MAIL))
    assert mail_in(logged) == MAIL


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_reads_of_very_many_people_forgets_some_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring, "_MOST_REMEMBERED", 3)
    joined = declare_joined()
    with transaction.atomic():
        logged = [emit(joined(club_id=n, member_id=n, email=f"{n}@example.com")) for n in range(9)]
        assert len(keyring._memory.keys) <= 3
        assert [mail_in(one) for one in logged] == [f"{n}@example.com" for n in range(9)]


@pytest.mark.django_db(transaction=True)
def test_two_that_make_the_key_at_once_get_the_same_one() -> None:
    joined, barrier, seen = declare_joined(), threading.Barrier(2), []

    def write(club: int) -> None:
        barrier.wait()
        try:
            seen.append(log(joined(club_id=club, member_id=7, email=MAIL)))
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=[club]) for club in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [mail_in(logged) for logged in seen] == [MAIL, MAIL]
    assert PersonalKey.objects.count() == 1


@pytest.mark.django_db
def test_many_events_of_several_people_are_each_encrypted_with_their_own_key() -> None:
    joined = declare_joined()
    with transaction.atomic():
        logged = emit_many([joined(club_id=n, member_id=n, email=f"{n}@example.com") for n in (2, 1)])
    assert [mail_in(one) for one in logged] == ["2@example.com", "1@example.com"]
    erase("member-1", reason="asked", by="test")
    assert [mail_in(one) for one in logged] == ["2@example.com", ""]


@pytest.mark.django_db
def test_keys_outlive_a_change_of_the_secret_and_forget_the_former_one_when_they_are_wrapped_again(
    settings: Settings,
) -> None:
    logged = log(declare_joined()(club_id=1, member_id=7, email=MAIL))
    former = settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 60, [former]
    assert mail_in(logged) == MAIL
    assert keyring.wraps() == keyring.Wraps(current=0, former=1, unknown=0)
    with transaction.atomic():
        assert (keyring.wrap_again(), keyring.wrap_again()) == (1, 0)
    settings.SECRET_KEY_FALLBACKS = []
    assert mail_in(logged) == MAIL
    assert keyring.wraps() == keyring.Wraps(current=1, former=0, unknown=0)


@pytest.mark.django_db
def test_a_key_whose_secret_is_gone_says_so_instead_of_passing_for_erased(settings: Settings) -> None:
    logged = log(declare_joined()(club_id=1, member_id=7, email=MAIL))
    settings.EVENTS = settings.EVENTS | {"personal_keys": ("k" * 40,)}
    with pytest.raises(PersonalKeyLost, match="key of member-7 is encrypted with a secret that the settings do not"):
        logged.typed()
    assert keyring.wraps().unknown == 1
