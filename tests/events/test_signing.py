"""A signature tells a message of ours from any other."""

import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from events import signing
from events.conf import parse
from events.errors import MessageForged, MessageUnsigned, SettingsError

KEY, OTHER = "a key of thirty-two letters or so", "another key of thirty-two letters"
HEADERS: dict[str, Any] = {"id": "a:b:0", "retries": 0, "eta": None, "timelimit": [None, 2.5], "sent_at": 1700000000.25}


@pytest.fixture(autouse=True)
def _own_keys(settings: Settings) -> Iterator[None]:
    settings.EVENTS = settings.EVENTS | {"signing_keys": (KEY,)}
    yield
    signing._forget(setting="EVENTS")


def signed(headers: dict[str, Any] = HEADERS, body: bytes = b"body", purpose: str = signing.TASK) -> dict[str, Any]:
    signature = signing.sign(purpose, signing.canonical(headers), signing.digest(body))
    return headers | {signing.SIGNATURE: signature}


def verified(headers: dict[str, Any], body: bytes = b"body", purpose: str = signing.TASK) -> bool:
    try:
        signing.verify(purpose, headers, body)
    except MessageForged:
        return False
    return True


def test_a_signature_is_hmac_sha256_of_purpose_headers_and_body() -> None:
    key = hmac.digest(signing._SALT, KEY.encode(), "sha256")
    text = b"task\n" + signing.canonical(HEADERS) + b"\n" + signing.digest(b"body")
    assert signed()[signing.SIGNATURE] == hmac.digest(key, text, "sha256").hex()


def test_headers_may_go_through_json_in_any_order_and_be_marked_as_redelivered() -> None:
    travelled = json.loads(json.dumps(dict(reversed(signed().items())), indent=2))
    assert verified(travelled | {"redelivered": True})


@pytest.mark.parametrize("name", [*HEADERS, "new"])
@pytest.mark.parametrize("value", [1, False, "x", [], {"a": 1}])
def test_a_header_that_is_changed_or_added_is_noticed(name: str, value: object) -> None:
    assert not verified(signed() | {name: value})


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_that_is_missing_is_noticed(name: str) -> None:
    assert not verified({key: value for key, value in signed().items() if key != name})


def test_another_body_or_another_purpose_is_noticed() -> None:
    assert verified(signed())
    assert not verified(signed(), b"bodY")
    assert not verified(signed(), purpose="celery.pidbox")


@pytest.mark.parametrize("signature", ["", "0" * 64, "\udcff", "é"])
def test_a_text_that_is_no_signature_is_noticed(signature: str) -> None:
    assert not verified(HEADERS | {signing.SIGNATURE: signature})


@pytest.mark.parametrize("signature", [None, 1, [], {"a": 1}])
def test_what_is_no_text_is_no_signature(signature: object) -> None:
    with pytest.raises(MessageUnsigned):
        signing.verify(signing.TASK, HEADERS | {signing.SIGNATURE: signature}, b"body")


def test_a_key_signs_until_another_comes_first_and_verifies_until_it_is_removed(settings: Settings) -> None:
    old = signed()
    settings.EVENTS = settings.EVENTS | {"signing_keys": (OTHER, KEY)}
    new = signed()
    assert verified(old)
    assert verified(new)
    settings.EVENTS = settings.EVENTS | {"signing_keys": (OTHER,)}
    assert not verified(old)
    assert verified(new)


def test_without_keys_of_their_own_signatures_follow_the_secret_key(settings: Settings) -> None:
    settings.EVENTS = settings.EVENTS | {"signing_keys": ()}
    old, before = signed(), settings.SECRET_KEY
    settings.SECRET_KEY = "a secret key that is new"
    assert not verified(old)
    settings.SECRET_KEY_FALLBACKS = [before]
    assert verified(old)
    assert before not in str(signing._keys())


def test_a_key_that_is_too_short_is_refused_and_not_shown() -> None:
    with pytest.raises(SettingsError, match="at least 32 characters") as refusal:
        parse({"signing_keys": ("too short",)})
    assert "too short" not in str(refusal.value)
    assert KEY not in repr(parse({"signing_keys": (KEY,)}))


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(headers=st.dictionaries(st.text(), _json), body=st.binary())
def test_whatever_json_can_carry_is_signed_the_same_before_and_after(headers: dict[str, Any], body: bytes) -> None:
    assert verified(json.loads(json.dumps(signed(headers, body))), body)


def test_the_tests_do_not_sign_with_the_secret_of_a_site() -> None:
    assert django_settings.SECRET_KEY.startswith("only-for-tests-")
