"""What a Celery worker needs to run for months, beside the classes that Celery lets a project choose: config/celery.py
and the setting CELERY_WORKER_CONSUMER name those of `control`, `consumer`, `once` and `publishing`."""

from typing import Any

from celery.signals import task_prerun, worker_init

from events.connections import renew_connections


def prepare(app: Any) -> None:
    """Make the workers of this app the platform's; config/celery.py calls it once."""

    def equip(sender: Any, **kwargs: Any) -> None:
        if sender.app is app:
            _equip(app)

    def renew(sender: Any, **kwargs: Any) -> None:
        if sender.app is app:
            renew_connections()

    worker_init.connect(equip, weak=False)
    # Celery is told to keep its database connections: opening one for each task costs four fifths of the throughput.
    task_prerun.connect(renew, weak=False)


def _equip(app: Any) -> None:
    """Runs in a starting worker, once Django and all task modules are loaded; the imports have to wait for that too."""
    try:
        _prepare_worker(app)
    except Exception as error:
        # Celery logs what goes wrong here, and would go on with a worker that runs nothing.
        raise SystemExit(f"The worker cannot start: {error!r}") from error


def _prepare_worker(app: Any) -> None:
    from events.transports.draining import Draining
    from events.transports.tasks import queues, register
    from events.transports.watch import Watch

    register(app)
    _consume(app, queues())
    app.steps["worker"].update([Watch, Draining])


def _consume(app: Any, queues: set[str]) -> None:
    """A worker that was not told with -Q which queues to consume takes those of all subscribers."""
    if app.amqp.queues._consume_from is None:
        app.amqp.queues.select({app.conf.task_default_queue, *queues})
