"""Personal fields: what the log says of a person, readable only as long as the person's key is there.

In the log, and so in messages and wherever a payload goes, such a field is an envelope:

    {"$sealed": "<base64: nonce and AES-256-GCM>", "person": "customer-42", "field": "email"}

It is bound to its event, its event's name, its field and its person: an envelope that was moved is a damaged one.
"""

from __future__ import annotations

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypeGuard, TypeVar, get_args
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import GetJsonSchemaHandler, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from events import keyring

SEALED = "$sealed"
#: What says in a JSON Schema that a field is personal.
SCHEMA_KEY = "x-personal"
#: What stands for a personal field where it must not be read.
ENCRYPTED = "(encrypted)"
#: What stands in the place of words about somebody who is erased.
ERASED = "(erased)"
_NONCE_BYTES = 12
_ENVELOPE = {SEALED, "person", "field"}
#: Values that say nothing of anybody, and stay as they are.
_EMPTY = (None, "")

T = TypeVar("T")
Payload = dict[str, Any]


class Mark:
    """Marks a field as personal; use Personal[…]."""

    def __get_pydantic_json_schema__(self, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(core_schema) | {SCHEMA_KEY: True}


#: `email: Personal[str]`: encrypted in the log with the key of the event's `person`. Once the person is erased it is
#: None where the type has that, else "".
Personal = Annotated[T, Mark()]


class EnvelopeDamaged(Exception):
    """A personal field is not what was logged; the text says how."""


def blanks(fields: Mapping[str, FieldInfo]) -> dict[str, Any]:
    """The fields that are marked, and what each is once the person is erased."""
    marked = {name: field for name, field in fields.items() if any(isinstance(one, Mark) for one in field.metadata)}
    return {name: blank[0] if (blank := _fitting(field)) else None for name, field in marked.items()}


def hidden_marks(fields: Mapping[str, FieldInfo]) -> list[str]:
    """The names of those whose mark is inside another type, where it encrypts nothing."""
    return [name for name, field in fields.items() if _has_mark(field.annotation)]


def can_be_blank(field: FieldInfo) -> bool:
    """Whether the type of a personal field takes None or "", one of which it is once the person is erased."""
    return bool(_fitting(field))


def seal(payload: Payload, fields: Iterable[str], *, person: str, event_id: UUID, name: str) -> Payload:
    """The payload with those fields encrypted. Needs a transaction, for the key may be new; of a person who was erased
    nothing is kept."""
    sealed = dict(payload)
    wanted = [field for field in fields if payload[field] not in _EMPTY]
    key = keyring.key_for(person) if wanted else None
    for field in wanted:
        text = "" if key is None else _encrypted(key, payload[field], _bound_to(event_id, name, field, person))
        sealed[field] = {SEALED: text, "person": person, "field": field}
    return sealed


def refuse_moved(payload: Payload) -> None:
    """Raises EnvelopeDamaged when an envelope is not in its field. To be asked before upcasters, which may move it."""
    for field, value in payload.items():
        if is_envelope(value) and value["field"] != field:
            raise EnvelopeDamaged(f"{field} has the envelope of {value['field']}")


def opened(payload: Payload, blanks: Mapping[str, Any], *, event_id: UUID, name: str) -> Payload:
    """The payload with its personal fields decrypted, or blank when the key is gone; `blanks` says with what. What was
    logged before its field was personal is no envelope, and stays. Raises EnvelopeDamaged and PersonalKeyLost."""
    keys: dict[str, bytes | None] = {}
    clear = dict(payload)
    for field, blank in blanks.items():
        if is_envelope(envelope := payload.get(field)):
            person = envelope["person"]
            if person not in keys:
                keys[person] = keyring.key_of(person)
            key = keys[person]
            clear[field] = blank if key is None or not envelope[SEALED] else _decrypted(key, envelope, event_id, name)
    return clear


def masked(payload: Any) -> Any:
    """The payload for whoever may not read personal fields: each says that it is encrypted, and of whom."""
    if not isinstance(payload, dict):
        return payload
    return {field: f"{ENCRYPTED} {one['person']}" if is_envelope(one) else one for field, one in payload.items()}


def uncovered(payload: Payload, *, event_id: UUID, name: str) -> Payload:
    """The payload for whoever may read personal fields, for people to look at: whatever its type, and damaged or not.
    Raises PersonalKeyLost."""
    shown = dict(payload)
    for field in [field for field, value in payload.items() if is_envelope(value)]:
        try:
            shown |= opened({field: payload[field]}, {field: ERASED}, event_id=event_id, name=name)
        except EnvelopeDamaged as error:
            shown[field] = f"({error})"
    return shown


def is_envelope(value: Any) -> TypeGuard[dict[str, str]]:
    """Whether a value in a payload is an encrypted one."""
    return isinstance(value, dict) and value.keys() == _ENVELOPE and all(isinstance(one, str) for one in value.values())


def _fitting(field: FieldInfo) -> list[Any]:
    adapter: TypeAdapter[Any] = TypeAdapter(Annotated[field.annotation, *field.metadata])  # type: ignore[arg-type]
    return [value for value in _EMPTY if _takes(adapter, value)]


def _takes(adapter: TypeAdapter[Any], value: Any) -> bool:
    try:
        adapter.validate_python(value, strict=True)
    except ValidationError:
        return False
    return True


def _has_mark(annotation: Any) -> bool:
    return isinstance(annotation, Mark) or any(_has_mark(one) for one in get_args(annotation))


def _bound_to(event_id: UUID, name: str, field: str, person: str) -> bytes:
    return json.dumps([str(event_id), name, field, person]).encode()


def _encrypted(key: bytes, value: Any, bound_to: bytes) -> str:
    nonce = os.urandom(_NONCE_BYTES)
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return b64encode(nonce + AESGCM(key).encrypt(nonce, text, bound_to)).decode()


def _decrypted(key: bytes, envelope: dict[str, str], event_id: UUID, name: str) -> Any:
    field, person = envelope["field"], envelope["person"]
    try:
        content = b64decode(envelope[SEALED], validate=True)
        bound_to = _bound_to(event_id, name, field, person)
        return json.loads(AESGCM(key).decrypt(content[:_NONCE_BYTES], content[_NONCE_BYTES:], bound_to))
    except (InvalidTag, ValueError) as error:
        why = f"the envelope of {field} was changed, or is of another event, or of somebody else than {person}"
        raise EnvelopeDamaged(why) from error
