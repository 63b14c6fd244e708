"""Taking the words out of failures that are about a person: of attempts, dead letters, groups of errors and replays.

What is counted stays: rows, error classes, and fingerprints, unless these are made of an error's message.
"""

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import F, TextField, Value
from django.db.models.functions import Concat

from events.failure import wordless
from events.models import Delivery, ErrorGroup, Replay, Saga, SagaNote, SagaStep
from events.people import Condition
from events.personal import ERASED

_ATTEMPTS = """
UPDATE events_attempt a SET message = %s, traceback = %s FROM events_event e
WHERE e.position = a.position AND (a.message, a.traceback) <> (%s, %s) AND ({about})
"""
# Each dead letter has attempts, of which there are few; of deliveries there are many.
_FAILED = """
SELECT DISTINCT e.position, e.id, a.subscriber, a.run FROM events_attempt a JOIN events_event e USING (position)
WHERE ({about})
"""
_LETTERS = f"""
UPDATE django_celery_results_taskresult t SET traceback = %s, task_args = %s, task_kwargs = %s,
    result = jsonb_build_object('exc_type', t.result::jsonb -> 'exc_type', 'exc_message', jsonb_build_array(%s::text),
                                'exc_module', t.result::jsonb -> 'exc_module')::text
FROM ({_FAILED}) failed
WHERE t.task_id = failed.id || ':' || failed.subscriber || ':' || failed.run AND t.traceback <> %s
"""
_FINGERPRINTS = f"""
SELECT DISTINCT d.fingerprint FROM events_delivery d JOIN ({_FAILED}) failed USING (position, subscriber, run)
WHERE d.fingerprint <> ''
"""
_RENAME = f"""
UPDATE {{table}} d SET fingerprint = %s FROM ({_FAILED}) failed
WHERE (d.position, d.subscriber, d.run) = (failed.position, failed.subscriber, failed.run) AND d.fingerprint = %s
"""


def blank_attempts(about: Condition) -> int:
    """How many there were that said something."""
    return _run(_ATTEMPTS, about, before=[ERASED] * 2 + [ERASED] * 2)


def blank_letters(about: Condition) -> int:
    """The same for dead letters as Celery stored them."""
    return _run(_LETTERS, about, before=[ERASED, json.dumps(ERASED), json.dumps({}), ERASED], after=[ERASED])


def blank_fingerprints(about: Condition) -> None:
    """Those that are made of a message become the class alone, wherever they are."""
    with connection.cursor() as cursor:
        cursor.execute(_FINGERPRINTS.format(about=about.sql), about.values)
        found = [fingerprint for (fingerprint,) in cursor.fetchall()]
    for old in found:
        if (new := wordless(old)) != old:
            for table in ("events_delivery", "events_replayitem"):
                _run(_RENAME.replace("{table}", table), about, before=[new], after=[old])
            if not Delivery.objects.filter(fingerprint=old).exists():
                _forget_group(old, new)


def blank_sagas(streams: Sequence[str]) -> None:
    """Why steps of these runs failed, and what people noted about them; each run by its stream, `saga-<name>-<key>`."""
    stream = Concat(Value("saga-"), F("name"), Value("-"), F("key"), output_field=TextField())
    sagas = Saga.objects.annotate(stream=stream).filter(stream__in=streams)
    steps = SagaStep.objects.filter(saga__in=sagas.values("pk")).exclude(reason="")
    steps.update(reason=ERASED)
    SagaNote.objects.filter(saga__in=sagas.values("pk")).update(text=ERASED)
    Saga.objects.filter(pk__in=sagas.exclude(reason="").values("pk")).update(reason=ERASED)


def _forget_group(old: str, new: str) -> None:
    """Nothing has the fingerprint any more; replays remember it."""
    ErrorGroup.objects.filter(fingerprint=old).delete()
    for replay in Replay.objects.all():
        kept = replay.known_fingerprints, replay.criteria, replay.state_reason
        renamed = tuple(_renamed(value, old, new) for value in kept)
        if renamed != kept:
            replay.known_fingerprints, replay.criteria, replay.state_reason = renamed
            replay.save(update_fields=["known_fingerprints", "criteria", "state_reason"])


def _renamed(value: Any, old: str, new: str) -> Any:
    if isinstance(value, str):
        return value.replace(old, new)
    if isinstance(value, dict):
        return {name: _renamed(one, old, new) for name, one in value.items()}
    return [_renamed(one, old, new) for one in value] if isinstance(value, list) else value


def _run(statement: str, about: Condition, *, before: list[str], after: list[str] | None = None) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement.format(about=about.sql), [*before, *about.values, *(after or [])])
        return int(cursor.rowcount)
