"""Doing work once for a key, however often it is asked for.

no record ────▶ record it, work ──▶ record the answer
answered  ────▶ the same answer; another body is refused
in progress ──▶ ask what became of the work: an answer is recorded now; else 409, or, when the one who began it must
                have died before it did anything, begin again
"""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.crypto import constant_time_compare, salted_hmac

from shop.errors import KeyUsedDifferently, RequestInProgress
from shop.idempotency.models import RecordedRequest

_SALT = "shop.idempotency"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as its caller named it; `content` is its body in a canonical spelling."""

    scope: str
    key: str
    operation: str
    content: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What was, or is to be, answered."""

    status: int
    body: Any
    media_type: str = ""


Work = Callable[[uuid.UUID], Answer]
Recall = Callable[[uuid.UUID], Answer | None]


def once(asked: Asked, work: Work, recall: Recall, *, now: datetime) -> Answer:
    """Do `work` with a reference of its own, or give the answer that it had.

    `recall` says what became of the work of a reference: its answer, None if nothing was ever begun; or it raises
    RequestInProgress. Raises KeyUsedDifferently and RequestInProgress. Must not run inside a transaction: others must
    see the record while the work goes on.
    """
    record, is_new = _record(asked, now)
    if is_new:
        return _do(record, work, recall)
    _refuse_another_body(record, asked)
    if record.status is not None:
        return Answer(record.status, json.loads(record.body), record.media_type)
    return _resolve(record, work, recall, now)


def sweep(now: datetime) -> int:
    """Forget the requests of more than IDEMPOTENCY_KEEP_HOURS ago; safe to repeat. Returns how many."""
    before = now - timedelta(hours=settings.IDEMPOTENCY_KEEP_HOURS)
    deleted, _by_model = RecordedRequest.objects.filter(created_at__lt=before).delete()
    return deleted


def _record(asked: Asked, now: datetime) -> tuple[RecordedRequest, bool]:
    return RecordedRequest.objects.get_or_create(
        scope=asked.scope,
        key=asked.key,
        defaults={"operation": asked.operation, "fingerprint": _fingerprints(asked)[0], "begun_at": now},
    )


def _fingerprints(asked: Asked) -> list[str]:
    """Keyed, because a body may hold what is easily guessed from a plain hash, such as a card number; the present
    secret's first, then those of secrets that were in use before."""
    content = f"{asked.operation}\n{asked.content}"
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [salted_hmac(_SALT, content, secret=secret, algorithm="sha256").hexdigest() for secret in secrets]


def _refuse_another_body(record: RecordedRequest, asked: Asked) -> None:
    if not any(constant_time_compare(record.fingerprint, known) for known in _fingerprints(asked)):
        raise KeyUsedDifferently


def _do(record: RecordedRequest, work: Work, recall: Recall) -> Answer:
    try:
        answer = work(record.reference)
    except Exception:
        _free_unless_begun(record, recall)
        raise
    return _keep(record, answer)


def _free_unless_begun(record: RecordedRequest, recall: Recall) -> None:
    """What failed before it did anything may be tried again with the same key, and with a mended body."""
    try:
        begun = recall(record.reference)
    except RequestInProgress:
        return
    if begun is None:
        record.delete()


def _resolve(record: RecordedRequest, work: Work, recall: Recall, now: datetime) -> Answer:
    if (answer := recall(record.reference)) is not None:
        return _keep(record, answer)
    if not _take_over(record, now):
        raise RequestInProgress
    return _do(record, work, recall)


def _take_over(record: RecordedRequest, now: datetime) -> bool:
    """Of several that find it abandoned, one. Should the one who began it still be alive after all, the reference lets
    only one of the two do the work."""
    if now - record.begun_at < timedelta(seconds=settings.IDEMPOTENCY_ABANDONED_SECONDS):
        return False
    mine = RecordedRequest.objects.filter(pk=record.pk, begun_at=record.begun_at, status=None)
    return bool(mine.update(begun_at=now))


def _keep(record: RecordedRequest, answer: Answer) -> Answer:
    RecordedRequest.objects.filter(pk=record.pk).update(
        status=answer.status, body=json.dumps(answer.body, cls=DjangoJSONEncoder), media_type=answer.media_type
    )
    return answer
