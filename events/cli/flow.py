"""`events flow`: how much of what happened, by the minute, from the figures that the relay's duties keep."""

from argparse import Namespace
from collections import Counter
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from events.cli import arguments
from events.cli.endings import Ending
from events.cli.voice import Voice
from events.connections import database_now
from events.flow import DeliveryCount, EventCount, deliveries_by_time, events_by_time

_UNLESS_TOLD = timedelta(hours=1)


def add_to(commands: Any) -> None:
    """Declare the subcommand."""
    parser = commands.add_parser("flow", help="events by name and deliveries by subscriber, counted by the minute")
    parser.set_defaults(run=run)
    arguments.add_period(parser, "minutes that began")
    arguments.add_json(parser)


def run(options: Namespace, voice: Voice) -> Ending:
    """The sums of a period, for people; as JSON, every minute."""
    last = options.until or database_now()
    first = options.since or last - _UNLESS_TOLD
    events, deliveries = events_by_time(first, last), deliveries_by_time(first, last)
    voice.document({"events": [asdict(one) for one in events], "deliveries": [asdict(one) for one in deliveries]})
    if not events and not deliveries:
        voice.note("Nothing happened.")
        return Ending.NOTHING
    minutes = max((last - first).total_seconds() / 60, 1.0)
    voice.table(["event", "count", "a minute"], _by_name(events, minutes))
    voice.table(["subscriber", "done", "dead", "discarded", "done a minute"], _by_subscriber(deliveries, minutes))
    return Ending.FINE


def _by_name(events: list[EventCount], minutes: float) -> list[list[str]]:
    sums: Counter[str] = Counter()
    for one in events:
        sums[one.name] += one.count
    return [[name, f"{count:,}", f"{count / minutes:,.1f}"] for name, count in sums.most_common()]


def _by_subscriber(deliveries: list[DeliveryCount], minutes: float) -> list[list[str]]:
    done, dead, discarded = Counter[str](), Counter[str](), Counter[str]()
    for one in deliveries:
        done[one.subscriber] += one.done
        dead[one.subscriber] += one.dead
        discarded[one.subscriber] += one.discarded
    return [
        [name, f"{done[name]:,}", f"{dead[name]:,}", f"{discarded[name]:,}", f"{done[name] / minutes:,.1f}"]
        for name in sorted(done, key=lambda name: (-done[name], name))
    ]
