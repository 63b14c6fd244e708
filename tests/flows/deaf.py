"""The settings of a worker that stops consuming, but lives and answers: as soon as the file DEAF_FILE exists, once."""

import os
from pathlib import Path
from typing import Any

from celery.signals import worker_ready

from tests.flows.settings import *  # noqa: F403

DEAF_FILE = Path(os.environ["DEAF_FILE"])


@worker_ready.connect
def _listen(sender: Any, **kwargs: Any) -> None:
    sender.timer.call_repeatedly(0.1, _become_deaf, (sender,))


def _become_deaf(consumer: Any) -> None:
    if DEAF_FILE.exists():
        consumer.task_consumer.cancel()
        DEAF_FILE.unlink()
