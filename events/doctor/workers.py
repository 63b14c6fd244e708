"""The workers: somebody consumes each queue, and takes what waits there."""

from collections.abc import Iterator

from celery import current_app

from events import catalogue
from events.doctor.findings import Check, Finding, broken, fine, warning
from events.transports.backlog import Backlog
from events.transports.tasks import SubscriberTask, queues
from events.transports.watch import worker_statuses

#: Workers are to answer within this; Celery waits for all of it, as it does not know how many there are.
_ANSWER_SECONDS = 1.5


def workers_consume() -> Iterator[Finding]:
    """Asked by a signed command: each says what it took, and whether that is enough."""
    statuses = worker_statuses(timeout_seconds=_ANSWER_SECONDS)
    wanted = {current_app.conf.task_default_queue, *queues()}
    if not statuses:
        yield _nobody(wanted)
        return
    for node, (_, verdict) in sorted(statuses.items()):
        if verdict.healthy:
            yield fine(f"{node} {verdict}")
        else:
            yield broken(f"{node} {verdict}", "Restart it: it lives, answers, and will not take anything any more.")
    taken = {queue for status, _ in statuses.values() for queue in status.queues}
    for queue in sorted(wanted - taken):
        yield _without_worker(queue)


def task_names_are_clear() -> Iterator[Finding]:
    """A message names its task, so a name must not have two."""
    clash = False
    for subscriber in catalogue.subscribers():
        task = current_app.tasks.get(subscriber.name)
        if task is not None and not isinstance(task, SubscriberTask):
            clash = True
            where = f"{type(task).__module__}.{type(task).__name__}"
            yield broken(
                f"The subscriber {subscriber.name} has the name of a Celery task, {where}, which would get its events",
                "Give one of them another name.",
            )
    if not clash:
        yield fine("No subscriber has the name of another Celery task")


def _nobody(wanted: set[str]) -> Finding:
    advice = "Start `celery -A config worker`. One whose clock is minutes off does not answer either."
    if Backlog(current_app).waits(wanted):
        return broken("No worker answers, and messages wait for one", advice)
    return warning("No worker answers; nothing waits for one just now", advice)


def _without_worker(queue: str) -> Finding:
    subscribers = ", ".join(one.name for one in catalogue.subscribers() if one.queue == queue) or "other tasks"
    says = f"No worker that answers takes from the queue {queue!r} ({subscribers})"
    advice = f"Start a worker with `-Q {queue}`, or one without -Q."
    return (
        broken(f"{says}, where messages wait", advice) if Backlog(current_app).waits([queue]) else warning(says, advice)
    )


CHECKS: list[Check] = [task_names_are_clear, workers_consume]
