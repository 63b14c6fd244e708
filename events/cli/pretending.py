"""A dry run that is the real thing, rolled back: what it says is what would happen, errors included."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction


@contextmanager
def pretending(is_pretence: bool, *loggers: str) -> Iterator[None]:
    """When it is a pretence, nothing done inside stays, and these loggers do not tell of it."""
    if not is_pretence:
        yield
        return
    with transaction.atomic(), _silent(*loggers):
        yield
        transaction.set_rollback(True)


@contextmanager
def _silent(*names: str) -> Iterator[None]:
    levels = {logger: logger.level for logger in map(logging.getLogger, names)}
    try:
        for logger in levels:
            logger.setLevel(logging.CRITICAL)
        yield
    finally:
        for logger, level in levels.items():
            logger.setLevel(level)
