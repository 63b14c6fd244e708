"""What can be set while it runs: how slow each service is, and how often it fails."""

import json
import random
import threading
from collections.abc import Iterable, Mapping
from typing import Any

from config.simulated.service import Mood, Refused
from config.simulated.state import State

#: Per service: the median time in milliseconds, and the shares of calls (0 to 1) that end in trouble.
OF_A_SERVICE: Mapping[str, float] = {
    "latency_ms": 0.0, "error_rate": 0.0, "silence_rate": 0.0, "lost_rate": 0.0, "refusal_rate": 0.0,
}  # fmt: skip
#: For all: how much times scatter (sigma of a log-normal), how slow slow cards are, how long silence lasts, and where
#: chance begins (0: anywhere).
OF_ALL: Mapping[str, float] = {"spread": 0.0, "slow_seconds": 3.0, "silence_seconds": 30.0, "seed": 0.0}
GENERAL = "general"
LIMITS = {"latency_ms": 60_000.0, "spread": 2.0, "slow_seconds": 600.0, "silence_seconds": 600.0, "seed": 1e9}


class Knobs:
    """Kept in the state, read from memory."""

    def __init__(self, state: State, services: Iterable[str], shop_url: str) -> None:
        self._state, self._lock, self._chance = state, threading.Lock(), random.Random()
        self._defaults: dict[str, dict[str, Any]] = {name: dict(OF_A_SERVICE) for name in services}
        self._defaults[GENERAL] = {**OF_ALL, "shop_url": shop_url}
        self.load()

    def load(self) -> None:
        """Read what is kept; what is not has its default."""
        values = {name: dict(of_one) for name, of_one in self._defaults.items()}
        with self._state.transaction() as db:
            for row in db.execute("SELECT service, name, value FROM knob"):
                if row["name"] in values.get(row["service"], {}):
                    values[row["service"]][row["name"]] = json.loads(row["value"])
        self._values = values
        if seed := self.general("seed"):
            self._chance.seed(seed)

    def all(self) -> dict[str, dict[str, Any]]:
        """Every knob, by service and name."""
        return self._values

    def general(self, name: str) -> Any:
        """One that is for all."""
        return self._values[GENERAL][name]

    def turn(self, changes: Mapping[str, Any]) -> None:
        """Change some: {"crm": {"latency_ms": 1500}}. Raises Refused, and then changes none."""
        wanted = [
            (service, name, self._checked(service, name, value))
            for service, of_one in changes.items()
            for name, value in (of_one.items() if isinstance(of_one, dict) and of_one else [("", None)])
        ]
        with self._lock:
            with self._state.transaction() as db:
                for service, name, value in wanted:
                    db.execute("REPLACE INTO knob VALUES (?, ?, ?)", (service, name, json.dumps(value)))
            self.load()

    def draw(self, service: str) -> Mood:
        """How the next call of a service is treated."""
        knobs = self._values[service]
        seconds = knobs["latency_ms"] / 1000
        if seconds and self.general("spread"):
            seconds *= self._chance.lognormvariate(0, self.general("spread"))
        return Mood(seconds, self._trouble(knobs))

    def _trouble(self, knobs: Mapping[str, Any]) -> str:
        rates = [(trouble, knobs[f"{trouble}_rate"]) for trouble in ("error", "silence", "lost", "refusal")]
        if not any(rate for _, rate in rates):
            return ""
        number = self._chance.random()
        for trouble, rate in rates:
            if number < rate:
                return trouble
            number -= rate
        return ""

    def _checked(self, service: str, name: str, value: Any) -> Any:
        if name not in self._defaults.get(service, {}):
            raise Refused(400, "unknown_setting", setting=f"{service}.{name}")
        if name == "shop_url":
            if not isinstance(value, str) or not value.startswith(("http://", "https://")):
                raise Refused(400, "invalid", setting=name)
            return value
        highest = LIMITS.get(name, 1.0)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= highest:
            raise Refused(400, "invalid", setting=f"{service}.{name}", highest=highest)
        return float(value)
