"""The rival: plain Celery, with `delay_on_commit`, late acknowledgement and automatic retries."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from celery import Celery, Task
from celery.contrib.django.task import DjangoTask
from django.db import transaction

from events.failpoints import reach
from tests.chaos import effects, tasks  # noqa: F401 (what beat starts)
from tests.chaos.effects import GivenUp, Sale

app = Celery("plain", task_cls=DjangoTask)
app.config_from_object("django.conf:settings", namespace="CELERY")

task = app.task(
    bind=True,
    acks_late=True,
    autoretry_for=(Exception,),
    dont_autoretry_for=(GivenUp,),
    retry_backoff=True,
    retry_backoff_max=1,
    max_retries=50,
)


def failpoints(function: Callable[..., None]) -> Callable[..., None]:
    """The same places as in Backroom, so that the same can happen there."""

    @wraps(function)
    def run(self: Task, sale: list[Any]) -> None:
        reach("deliver.before_run")
        with transaction.atomic():
            function(self, Sale(*sale))
            reach("deliver.after_run")
        reach("deliver.after_commit")

    return run


@task
@failpoints
def count(self: Task, sale: Sale) -> None:
    """One row."""
    effects.count(sale)


@task
@failpoints
def line_up(self: Task, sale: Sale) -> None:
    """One row; in what order is up to the broker."""
    effects.line_up(sale)


@task
def call(self: Task, sale: list[Any]) -> None:
    """A line in a file."""
    effects.call(Sale(*sale), self.request.id)


@task
@failpoints
def reserve(self: Task, sale: Sale) -> None:
    """Takes from the stock, if there is enough."""
    effects.reserve(sale)


@task
@failpoints
def pay(self: Task, sale: Sale) -> None:
    """Moves money between two accounts."""
    effects.pay(sale)


@task
@failpoints
def moody(self: Task, sale: Sale) -> None:
    """Fails now and then, and gives some sales up for good."""
    effects.moody(sale, self.request.retries + 1)


def announce(sales: list[Sale]) -> None:
    """Called in the transaction of the sales."""
    transaction.on_commit(lambda: reach("emit.after_commit"))
    for sale in sales:
        for wanted in (count, line_up) if len(sales) > 1 else (count, line_up, call, reserve, pay, moody):
            wanted.delay_on_commit(sale)
