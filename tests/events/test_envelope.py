"""Whatever lies in Redis becomes a message that a worker can judge."""

import json
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kombu.transport.virtual import Channel, Message
from kombu.utils.json import dumps, loads

from events.errors import MessageForged, MessageOutdated, MessageRefused, MessageRepeated
from events.transports import envelope
from events.transports.consumer import _check_age
from events.transports.control import Guard

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
#: Objects that have the fields of a message, with anything in them.
_likely = st.fixed_dictionaries(
    {},
    optional={
        "body": st.just(b64encode(b"[[], {}, {}]").decode()) | _json,
        "headers": st.dictionaries(st.text(), _json) | _json,
        "content-type": st.just("application/json") | _json,
        "content-encoding": st.just("utf-8") | _json,
        "properties": st.fixed_dictionaries(
            {},
            optional={
                "body_encoding": st.just("base64") | _json,
                "delivery_info": st.fixed_dictionaries({"redelivered": _json}) | _json,
                "delivery_tag": _json,
                "priority": _json,
            },
        )
        | _json,
    },
)


class _Channel:
    """What a message asks of its channel."""

    codecs = Channel.codecs
    decode_body = Channel.decode_body


def message_of(item: bytes | str) -> Message:
    """What kombu makes of a value in the list `queue`, and what it writes down about it."""
    read = envelope.read(item, "queue")
    assert loads(dumps([read, "", "queue"]))
    return Message(read, channel=_Channel())


@given(st.binary() | st.text())
def test_any_bytes_become_a_message(item: bytes | str) -> None:
    message = message_of(item)
    assert message.delivery_info == {"exchange": "", "routing_key": "queue"}
    assert envelope.UNREADABLE in message.headers


@given(_likely | _json)
def test_any_json_becomes_a_message(value: Any) -> None:
    message = message_of(json.dumps(value))
    assert isinstance(message.headers, dict)
    assert isinstance(message.body, bytes)
    assert message.properties.keys() >= {"correlation_id", "reply_to", "delivery_tag"}
    assert message.delivery_info["routing_key"] == "queue"


def test_nobody_else_chooses_the_tag_of_a_message() -> None:
    properties = {"body_encoding": "base64", "delivery_info": {}, "delivery_tag": "chosen"}
    item = json.dumps({"body": "", "content-type": "", "content-encoding": "", "headers": {}, "properties": properties})
    tags = {message_of(item).delivery_tag for _ in range(3)}
    assert len(tags) == 3
    assert "chosen" not in tags


NOW = 1_700_000_000.0


def test_a_command_counts_once_and_for_a_while() -> None:
    guard = Guard(started_at=NOW - 100)
    guard.admit({"sent_at": NOW - 1, "nonce": "a"}, NOW)
    guard.admit({"sent_at": NOW - 1, "nonce": "b"}, NOW)
    with pytest.raises(MessageRepeated):
        guard.admit({"sent_at": NOW - 1, "nonce": "a"}, NOW + 200)
    with pytest.raises(MessageOutdated):
        guard.admit({"sent_at": NOW - 1, "nonce": "a"}, NOW + 1_000)
    for sent_at in (NOW - 101, NOW + 301):
        with pytest.raises(MessageOutdated):
            guard.admit({"sent_at": sent_at, "nonce": "c"}, NOW)
    for headers in ({"nonce": "d"}, {"sent_at": NOW}, {"sent_at": "1", "nonce": "d"}):
        with pytest.raises(MessageForged):
            guard.admit(headers, NOW)


def test_a_guard_remembers_no_longer_than_it_has_to() -> None:
    guard = Guard(started_at=NOW)
    for second in range(1, 2_000):
        guard.admit({"sent_at": NOW + second, "nonce": str(second)}, NOW + second)
    assert len(guard._seen) <= 600


@pytest.mark.parametrize(
    ("sent_days", "eta_days", "is_fresh"),
    [(0, None, True), (-0.9, None, True), (-1.1, None, False), (1.1, None, False), (-5, -0.9, True), (-5, -1.1, False),
     (0, 300, True)],
)  # fmt: skip
def test_a_task_is_not_old_before_it_is_due(sent_days: float, eta_days: float | None, is_fresh: bool) -> None:
    eta = None if eta_days is None else datetime.fromtimestamp(NOW + eta_days * 86_400, UTC).isoformat()
    headers = {"sent_at": NOW + sent_days * 86_400, "eta": eta}
    try:
        _check_age(headers, NOW)
    except MessageRefused:
        assert not is_fresh
    else:
        assert is_fresh
