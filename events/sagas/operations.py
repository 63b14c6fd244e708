"""Starting a saga, and giving it up."""

from __future__ import annotations

from typing import Any

from django.db import connection

from events.errors import SagaOutsideTransaction, UnknownSaga
from events.models import Saga, SagaNote
from events.sagas.deciding import first_steps, give_up
from events.sagas.definition import Saga as SagaClass
from events.sagas.definition import definitions
from events.sagas.rows import load, move, start


def start_saga(saga: type[SagaClass], *, key: str, data: dict[str, Any] | None = None) -> bool:
    """Begin a saga for a business key such as `order-42`, in the current transaction; False, and nothing happens, when
    there is one with that key already, however it ended. `data` is a small dict of JSON values that every step gets:
    numbers of rows rather than their content. Raises SagaOutsideTransaction or ResultNotStorable."""
    _refuse_outside_transaction(saga)
    return start(saga.plan, key, data or {}, first_steps(saga.plan))


def cancel_saga(saga: type[SagaClass], *, key: str, reason: str) -> bool:
    """Have a running saga compensated, in the current transaction, once the steps that are out have settled; steps that
    wait for an event end at once. False when there is no such saga, or it does not run forward any more. Raises
    SagaOutsideTransaction."""
    _refuse_outside_transaction(saga)
    loaded = load(saga.saga_name, key)
    return loaded is not None and move(saga.plan, loaded, give_up(reason))


def give_up_saga(name: str, key: str, *, reason: str, by: str) -> bool:
    """As cancel_saga, for people, who know a saga by its name: who it was stays with it as a note. One that failed, and
    has no dead letter any more, goes on. Raises SagaOutsideTransaction, and UnknownSaga when this code does not have
    it."""
    saga = definitions().get(name)
    if saga is None:
        raise UnknownSaga(name=name, key=key)
    given_up = cancel_saga(saga, key=key, reason=reason)
    if given_up:
        SagaNote.objects.create(saga=Saga.objects.get(name=name, key=key), author=by, text=reason)
    return given_up


def _refuse_outside_transaction(saga: type[SagaClass]) -> None:
    if not connection.in_atomic_block:
        raise SagaOutsideTransaction(saga=saga.saga_name)
