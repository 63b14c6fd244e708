"""Side operations of a checkout that take a known time, wherever they run.

BENCHMARK_SECONDS maps the first word of a subscriber's name to the seconds that all of a checkout's deliveries to such
subscribers take together; "" stands for all others. The waiting comes on top of what the subscriber really does.
"""

import json
import os
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from django.apps import AppConfig

#: What one checkout emits.
EVENT_NAMES = ("order.placed", "order.paid")


class SlownessConfig(AppConfig):
    """Stands after the tasks, whose subscribers it slows down."""

    name = "benchmarks.slowness"

    def ready(self) -> None:
        """Give each subscriber its share."""
        from events import catalogue

        seconds: dict[str, float] = json.loads(os.environ.get("BENCHMARK_SECONDS", "{}"))
        concerned = [one for one in catalogue.subscribers() if any(map(one.wants, EVENT_NAMES))]
        counts = Counter({kind(one.name, seconds): 0 for one in concerned})
        for one in concerned:
            counts[kind(one.name, seconds)] += sum(map(one.wants, EVENT_NAMES))
        if missing := seconds.keys() - counts.keys():
            raise RuntimeError(f"A checkout has no side operations of the kinds {sorted(missing)}.")
        for one in concerned:
            share = seconds.get(kind(one.name, seconds), 0.0) / counts[kind(one.name, seconds)]
            object.__setattr__(one, "function", _slowed(one.function, share))


def kind(name: str, seconds: dict[str, float]) -> str:
    """Whose time a subscriber shares."""
    first = name.partition(".")[0]
    return first if first in seconds else ""


def _slowed(function: Callable[..., None], seconds: float) -> Callable[..., None]:
    def wait_and_do(event: Any, *context: Any) -> None:
        # Not for events that a subscriber emitted in its turn: the time is that of the checkout's own.
        if seconds and event.event_name in EVENT_NAMES:
            time.sleep(seconds)
        function(event, *context)

    return wait_and_do
