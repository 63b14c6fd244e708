"""`events doctor`: whether everything is as it has to be."""

from argparse import Namespace
from typing import Any

from events.cli import arguments
from events.cli.endings import Ending
from events.cli.voice import Voice
from events.doctor import Examined, Finding, Level, examine, worst

_MARKS = {Level.FINE: ("fine", "green"), Level.WARNING: ("WARNING", "yellow"), Level.BROKEN: ("BROKEN", "bold red")}


def add_to(commands: Any) -> None:
    """Declare the subcommand."""
    parser = commands.add_parser("doctor", help="examine database, broker, relay, workers, letters and settings")
    parser.set_defaults(run=run)
    parser.add_argument("--quiet", action="store_true", help="only what is not fine")
    arguments.add_json(parser)


def run(options: Namespace, voice: Voice) -> Ending:
    """Say each finding as soon as it is there; the worst is how it ends."""
    examined: list[Examined] = []
    for one in examine():
        examined.append(one)
        for finding in one.findings:
            if finding.level or not options.quiet:
                _say(finding, voice)
    level = worst(examined)
    voice.document({"level": level.name.lower(), "checks": [_described(one) for one in examined]})
    findings = [finding for one in examined for finding in one.findings]
    counts = {each: sum(finding.level == each for finding in findings) for each in Level}
    voice.note(f"{counts[Level.BROKEN]} broken, {counts[Level.WARNING]} warnings, {counts[Level.FINE]} fine")
    return Ending(level)


def _say(finding: Finding, voice: Voice) -> None:
    word, style = _MARKS[finding.level]
    advice = f"\n         → {finding.advice}" if finding.advice else ""
    voice.styled(f"{word:<7}", style, f"  {finding.says}{advice}")


def _described(one: Examined) -> dict[str, Any]:
    return {
        "check": one.check,
        "level": worst([one]).name.lower(),
        "findings": [
            {"level": finding.level.name.lower(), "says": finding.says, "advice": finding.advice}
            for finding in one.findings
        ],
    }
