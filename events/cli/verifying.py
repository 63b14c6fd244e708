"""`events verify`: whether the rows say what their events add up to."""

from argparse import Namespace
from dataclasses import asdict
from typing import Any

from events import catalogue
from events.cli import arguments
from events.cli.endings import Ending
from events.cli.voice import Voice
from events.verifying import Difference, Verified, verify


def add_to(commands: Any) -> None:
    """Declare the subcommand."""
    parser = commands.add_parser("verify", help="fold all streams and compare what comes out with the rows")
    parser.set_defaults(run=run)
    arguments.add_limit(parser, default=20)
    arguments.add_json(parser)


def run(options: Namespace, voice: Voice) -> Ending:
    """Show the first differences as they are found, and count the others."""
    verified, shown = Verified(), list[Difference]()
    for difference in verify(verified, lambda so_far: voice.progress(_progress(so_far))):
        if len(shown) < options.limit:
            shown.append(difference)
            voice.say(_line(difference))
    voice.document(
        {
            "streams": verified.streams,
            "events": verified.event_count,
            "different": verified.different_count,
            "differences": [asdict(one) for one in shown],
        }
    )
    return _ending(verified, voice)


def _ending(verified: Verified, voice: Voice) -> Ending:
    if verified.different_count:
        voice.note(f"{_progress(verified)}: {verified.different_count:,} of them are not as their rows say.")
        return Ending.BROKEN
    if not verified.streams.total():
        kinds = ", ".join(one.prefix + "…" for one in catalogue.verifications())
        voice.note(f"There is no stream of a kind that is verified ({kinds or 'none is'}).")
        return Ending.NOTHING
    voice.note(f"{_progress(verified)}: all are as their rows say.")
    return Ending.FINE


def _progress(verified: Verified) -> str:
    return f"{verified.streams.total():,} streams of {verified.event_count:,} events folded"


def _line(difference: Difference) -> str:
    which = f"{difference.stream} v{difference.stream_version}"
    if difference.says:
        return f"{which}  {difference.says}"
    return f"{which}  {difference.field}: the events say {difference.folded!r}, the row says {difference.row!r}"
