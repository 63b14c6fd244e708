"""Accounts: an address is proved before it opens anything, and whoever is logged in with an old password is out."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken
from pytest_django import Settings
from rest_framework.test import APIClient

from events.testing import Rehearsal
from shop.accounts.events import UserRegistered
from shop.accounts.models import Registration, Tries
from shop.accounts.operations import ask_for_account, confirm_account
from shop.customers.models import Customer
from shop.errors import LinkInvalid
from tasks.accounts import forget
from tests.shop.builders import at_once, logged

pytestmark = pytest.mark.django_db(transaction=True)
GOOD, BETTER = "correct horse battery", "staple correct horse"
WHO = {"email": "New.One@example.com", "name": "New One", "language": "ar"}
SENDERS = ("accounts.send_confirmation", "accounts.send_reset", "accounts.tell_change")


def post(path: str, body: dict[str, object], token: str = "", **headers: str) -> object:
    client = APIClient()
    if token:
        client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    return client.post(f"/api/accounts/{path}/", body, headers=headers)


def mailed_path(events: Rehearsal) -> str:
    """The path of the link in the newest mail."""
    events.deliver(*SENDERS)
    return re.search(r"http://localhost:8000(/account/\S+)", mail.outbox[-1].body)[1]


def mailed_token(events: Rehearsal) -> str:
    return mailed_path(events).split("/")[-2]


@pytest.fixture
def token(events: Rehearsal) -> str:
    """Of a user who has registered."""
    assert post("register", WHO).status_code == 202
    answer = post("confirm", {"token": mailed_token(events), "password": GOOD})
    assert answer.status_code == 201, answer.json()
    return answer.json()["token"]


def test_registering_proves_the_address_and_brings_its_customer(events: Rehearsal) -> None:
    customer = Customer.objects.create(email="new.one@example.com", name="N. One", language="en")
    assert post("register", WHO).status_code == 202
    assert not User.objects.exists()
    link = mailed_token(events)
    (sent,) = mail.outbox
    assert (sent.to, 'dir="rtl"' in sent.alternatives[0][0]) == (["new.one@example.com"], True)
    assert "Message-ID" in sent.extra_headers
    assert post("confirm", {"token": link + "x", "password": GOOD}).json()["type"] == "urn:backroom:link-invalid"
    weak = post("confirm", {"token": link, "password": "password1234"})
    assert (weak.status_code, weak.json()["errors"][0]["field"]) == (400, "password")
    answer = post("confirm", {"token": link, "password": GOOD})
    assert answer.status_code == 201
    user = User.objects.get()
    customer.refresh_from_db()
    assert (user.username, user.is_staff, user.is_superuser) == ("new.one@example.com", False, False)
    assert (customer.user, customer.name, customer.language) == (user, "New One", "ar")
    events.assert_emitted(UserRegistered, user_id=user.pk, customer_id=customer.pk)
    mail.outbox.clear()
    events.deliver_twice("accounts.send_welcome")
    (welcome,) = mail.outbox
    assert (welcome.to, 'dir="rtl"' in welcome.alternatives[0][0]) == ([user.email], True)
    assert post("confirm", {"token": link, "password": GOOD}).status_code == 400
    me = APIClient().get("/api/accounts/me/", headers={"Authorization": f"Token {answer.json()['token']}"}).json()
    assert (me["email"], me["name"], me["language"], me["roles"]) == ("new.one@example.com", "New One", "ar", [])


def test_a_link_confirmed_four_times_at_once_makes_one_account(events: Rehearsal) -> None:
    ask_for_account(email="a@example.com", name="A", language="en", now=timezone.now())
    link = mailed_token(events)
    answers = at_once([lambda: confirm_account(link, GOOD)] * 4)
    assert [type(answer) for answer in answers if not isinstance(answer, LinkInvalid)] == [User]
    assert len(logged("user.registered")) == User.objects.count() == 1


def test_an_answer_never_tells_whether_an_address_has_an_account(events: Rehearsal, token: str) -> None:
    for path, body in (("register", WHO), ("password/forgotten", {"email": WHO["email"]})):
        known, unknown = post(path, body), post(path, body | {"email": "nobody@example.com"})
        assert (known.status_code, known.content) == (unknown.status_code, unknown.content) == (202, b"")
    mail.outbox.clear()
    events.deliver(*SENDERS)
    assert sorted(one.to[0] for one in mail.outbox) == ["new.one@example.com"] * 2 + ["nobody@example.com"]


def test_logging_in_answers_with_a_token_that_is_hashed_expires_and_ends(token: str, settings: Settings) -> None:
    answer = post("log-in", {"username": "NEW.ONE@example.com", "password": GOOD})
    new = answer.json()["token"]
    assert new not in str(list(AuthToken.objects.values()))
    assert post("log-out", {}, new).status_code == 204
    assert post("log-out", {}, new).status_code == 401
    assert post("log-out", {"everywhere": True}, token).status_code == 204
    assert not AuthToken.objects.exists()
    stale = post("log-in", {"username": "new.one@example.com", "password": GOOD}).json()["token"]
    AuthToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))
    assert APIClient().get("/api/accounts/me/", headers={"Authorization": f"Token {stale}"}).status_code == 401
    assert settings.REST_KNOX["TOKEN_TTL"] == timedelta(days=30)
    wrong = post("log-in", {"username": "new.one@example.com", "password": "wrong"}, **{"Accept-Language": "ar"})
    assert (wrong.status_code, wrong["WWW-Authenticate"]) == (401, "Token")


def test_a_session_serves_pages_and_needs_a_csrf_token_to_write(token: str) -> None:
    browser = Client(enforce_csrf_checks=True)
    body = {"username": "new.one@example.com", "password": GOOD, "session": True}
    assert browser.post("/api/accounts/log-in/", body, "application/json").status_code == 200
    assert browser.get("/api/accounts/me/").status_code == 200
    forged = browser.post("/api/accounts/log-out/", {}, "application/json")
    assert (forged.status_code, forged["Content-Type"]) == (403, "application/problem+json")


def test_a_changed_password_ends_every_other_log_in(events: Rehearsal, token: str) -> None:
    browser = Client()
    body = {"username": "new.one@example.com", "password": GOOD, "session": True}
    browser.post("/api/accounts/log-in/", body, "application/json")
    wrong = post("password", {"current_password": "wrong", "new_password": BETTER}, token)
    assert wrong.json()["errors"][0]["field"] == "current_password"
    answer = post("password", {"current_password": GOOD, "new_password": BETTER}, token)
    assert answer.status_code == 200
    assert browser.get("/api/accounts/me/").status_code == 401
    assert post("log-out", {}, token).status_code == 401
    assert post("log-out", {}, answer.json()["token"]).status_code == 204
    events.deliver(*SENDERS)
    assert len(logged("user.password_changed")) == 1
    assert mail.outbox[-1].to == ["new.one@example.com"]


def test_a_forgotten_password_is_chosen_anew_by_a_link_that_works_once(events: Rehearsal, token: str) -> None:
    post("password/forgotten", {"email": "new.one@example.com"})
    page = mailed_path(events)
    browser = Client(enforce_csrf_checks=True)
    html = browser.get(page).content.decode()
    csrf = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', html[html.index("<article") :])[1]
    values = {"csrfmiddlewaretoken": csrf, "password": BETTER, "again": BETTER + "x"}
    assert "You can log in" not in browser.post(page, values).content.decode()
    assert "You can log in" in browser.post(page, values | {"again": BETTER}).content.decode()
    assert "You can log in" not in browser.post(page, values | {"again": BETTER}).content.decode()
    assert post("password/reset", {"token": page.split("/")[-2], "password": GOOD}).status_code == 400
    assert post("log-out", {}, token).status_code == 401
    assert post("log-in", {"username": "new.one@example.com", "password": BETTER}).status_code == 200


@pytest.mark.parametrize("link", ["1:abc", "x:y", ":", "9" * 30 + ":a", "1:" + "a" * 900])
def test_a_link_that_was_made_up_leads_nowhere(token: str, link: str) -> None:
    assert post("password/reset", {"token": link, "password": GOOD}).status_code == 400


def test_links_are_too_old_after_a_day(events: Rehearsal, settings: Settings) -> None:
    post("register", WHO)
    link = mailed_token(events)
    settings.ACCOUNT_LINK_HOURS = -1
    assert post("confirm", {"token": link, "password": GOOD}).json()["type"] == "urn:backroom:link-invalid"
    assert forget()["registrations"] == 1
    assert forget() == {"registrations": 0, "tries": 0}


def test_one_changes_ones_own_name_and_language_and_nothing_else(token: str) -> None:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    assert client.patch("/api/accounts/me/", {"name": "Newer", "language": "en"}).json()["name"] == "Newer"
    assert Customer.objects.values_list("name", "language").get() == ("Newer", "en")
    for forbidden in ("is_staff", "is_superuser", "email", "username", "roles", "user", "id", "groups"):
        answer = client.patch("/api/accounts/me/", {forbidden: True})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, forbidden)
    assert post("register", WHO | {"is_staff": True}).status_code == 400
    user = User.objects.get()
    assert (user.is_staff, user.is_superuser, user.email) == (False, False, "new.one@example.com")
    assert not Registration.objects.exists()


def test_a_customer_of_another_user_is_never_taken_over(events: Rehearsal) -> None:
    other = User.objects.create_user("other")
    Customer.objects.create(email="new.one@example.com", name="N", user=other)
    post("register", WHO)
    assert post("confirm", {"token": mailed_token(events), "password": GOOD}).status_code == 400
    assert Customer.objects.get().user == other
    assert not User.objects.exclude(pk=other.pk).exists()


def test_passwords_are_tried_only_so_often_at_every_door(token: str, settings: Settings) -> None:
    settings.THROTTLES = settings.THROTTLES | {"log-in": (2, 60), "log-in-name": (5, 60)}
    wrong = {"username": "new.one@example.com", "password": "wrong"}
    assert [post("log-in", wrong).status_code for _try in range(3)] == [401, 401, 429]
    refused = post("log-in", wrong | {"password": GOOD})
    assert (refused.status_code, refused["Content-Type"]) == (429, "application/problem+json")
    assert 0 < int(refused["Retry-After"]) <= 60
    User.objects.create_superuser("boss", password=GOOD)
    door = {"username": "boss", "password": GOOD}
    assert Client().post("/admin/login/", door).status_code == 200  # refused: the address has tried too often
    assert Client(REMOTE_ADDR="10.0.0.2").post("/admin/login/", door).status_code == 302
    for number in range(3, 9):  # one name from many addresses
        APIClient(REMOTE_ADDR=f"10.0.0.{number}").post("/api/accounts/log-in/", wrong)
    last = APIClient(REMOTE_ADDR="10.0.0.99").post("/api/accounts/log-in/", wrong | {"password": GOOD})
    assert last.status_code == 429
    Tries.objects.update(since=timezone.now() - timedelta(seconds=61))
    assert post("log-in", wrong | {"password": GOOD}).status_code == 200


def test_of_many_tries_at_once_each_is_counted(settings: Settings) -> None:
    settings.THROTTLES = settings.THROTTLES | {"register": (5, 60)}
    answers = at_once([lambda: post("register", WHO).status_code] * 12)
    assert sorted(answers) == [202] * 5 + [429] * 7


def test_a_stolen_log_in_of_staff_does_not_try_passwords_for_ever(settings: Settings) -> None:
    settings.THROTTLES = settings.THROTTLES | {"password": (2, 60)}
    client = APIClient()
    client.force_authenticate(User.objects.create_superuser("boss", password=GOOD))
    wrong = {"current_password": "wrong", "new_password": BETTER}
    assert [client.post("/api/accounts/password/", wrong).status_code for _try in range(3)] == [400, 400, 429]
