"""`manage.py simulated`: look at the simulated services, and set how slow they are and how often they fail."""

from typing import IO, Any, cast

import httpx
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table

SERVICES = ("payments", "warehouse", "carrier", "crm", "affiliate", "chat")
KNOBS = {
    "latency": ("latency_ms", "median time of a call, in milliseconds"),
    "errors": ("error_rate", "share of calls that are answered with an error 500, from 0 to 1"),
    "silence": ("silence_rate", "share of calls that get no answer"),
    "lost": ("lost_rate", "share of calls that are done but whose answer is lost"),
    "refusals": ("refusal_rate", "share of calls that are refused for good"),
}
SHOWN_CALLS = 10


class Command(BaseCommand):
    """Without options it only looks."""

    help = (
        "Show the simulated payment provider, warehouse, carrier, CRM, affiliate network and chat, or set how slow "
        "they are and how often they fail: `manage.py simulated crm --latency 1500 --errors 0.2`. Their page does the "
        "same."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Services, and a knob each."""
        parser.add_argument("services", nargs="*", metavar="SERVICE", help=f"{', '.join(SERVICES)}; none means all")
        parser.add_argument("--calm", action="store_true", help="at once and without failures; options are set after")
        for option, (knob, meaning) in KNOBS.items():
            parser.add_argument(f"--{option}", dest=knob, type=float, metavar="NUMBER", help=meaning)

    def handle(self, *args: Any, **options: Any) -> None:
        """Set what is to be set, then show all."""
        if unknown := [name for name in options["services"] if name not in SERVICES]:
            raise CommandError(f"There is no service {unknown[0]!r}; there are {', '.join(SERVICES)}.")
        knobs = [knob for knob, _ in KNOBS.values()]
        wanted = dict.fromkeys(knobs, 0.0) if options["calm"] else {}
        wanted |= {knob: options[knob] for knob in knobs if options[knob] is not None}
        if wanted:
            self._ask("PUT", "/settings", dict.fromkeys(options["services"] or SERVICES, wanted))
        self._show(self._ask("GET", "/settings"), self._ask("GET", "/calls")["calls"][:SHOWN_CALLS])

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        if not settings.SIMULATED_URL:
            raise CommandError("SIMULATED_URL is not set: there are no simulated services. `make run` starts them.")
        try:
            response = httpx.request(method, settings.SIMULATED_URL + path, json=body, timeout=10, trust_env=False)
        except httpx.HTTPError as error:
            raise CommandError(f"Nobody answers at {settings.SIMULATED_URL} ({error}). Does `make run` run?") from error
        if response.status_code != 200:
            raise CommandError(f"The simulated services refused: {response.text}")
        return response.json()

    def _show(self, knobs: dict[str, dict[str, Any]], calls: list[dict[str, Any]]) -> None:
        console = Console(file=cast(IO[str], self.stdout), width=None if self.stdout.isatty() else 120)
        table = Table(title=f"Simulated services at {settings.SIMULATED_URL}/", title_justify="left")
        for head in ("service", *KNOBS):
            table.add_column(head)
        for name in SERVICES:
            table.add_row(name, *(f"{knobs[name][knob]:g}" for knob, _ in KNOBS.values()))
        console.print(table)
        last = Table(title="Last calls", title_justify="left")
        for head in ("service", "call", "answer", "trouble", "ms"):
            last.add_column(head)
        for call in calls:
            answer = str(call["status"] or "none")
            last.add_row(
                call["service"], f"{call['method']} {call['path']}", answer, call["note"], str(call["milliseconds"])
            )
        console.print(last if calls else "No calls yet.")
