"""The way of every call: find it, think, do it once, answer. Each trouble is one ending."""

import json
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from config.simulated.callbacks import Callbacks
from config.simulated.knobs import Knobs
from config.simulated.service import Answer, Call, Mood, Refused, Request, Route, Service
from config.simulated.state import State

REMEMBERED_CALLS = 300


@dataclass(frozen=True)
class PastCall:
    """One line of the list of the last calls. `status` is 0 where no answer was sent."""

    at: float
    service: str
    method: str
    path: str
    key: str
    status: int
    note: str
    milliseconds: float


class Ended(Exception):
    """The process ends, or was told to forget everything."""


class Frame:
    """All services behind one door."""

    def __init__(self, services: Sequence[Service], state: State, shop_url: str, secrets: Mapping[str, str]) -> None:
        self._services = {service.name: service for service in services}
        self.state, self._secrets = state, secrets
        self.knobs = Knobs(state, self._services, shop_url)
        self.callbacks = Callbacks(state, self._services, secrets, lambda: self.knobs.general("shop_url"))
        self.calls: deque[PastCall] = deque(maxlen=REMEMBERED_CALLS)
        self.thinking: Counter[str] = Counter()
        self.end = threading.Event()  # of everything that is being thought about

    def handle(self, name: str, request: Request) -> Answer | None:
        """The answer, or None when there is none: then the connection is to be dropped. Raises Refused."""
        service = self._find(name)
        route, args = service.find(request.method, request.path)
        if route.is_own:
            return self._do_once(service, route, request, args)
        began, end = time.perf_counter(), self.end
        mood = service.mood(request, self.knobs.general("slow_seconds")) or self.knobs.draw(name)
        self.thinking[name] += 1
        try:
            is_refused = mood.trouble == "refusal" and request.method == "POST"  # only what begins something
            answer = self._treat(mood, end, lambda: self._do_once(service, route, request, args, is_refused))
        except Refused as refusal:
            answer = refusal.answer
        except Ended:
            return None
        finally:
            self.thinking[name] -= 1
        self._remember(name, request, answer, mood.trouble, began)
        return answer

    def forget(self) -> None:
        """As on the first day: what is being thought about is not done any more."""
        self.end.set()
        self.end = threading.Event()
        self.state.forget()
        self.knobs.load()
        self.calls.clear()

    def past_calls(self) -> list[dict[str, Any]]:
        """The last calls, the newest first."""
        return [asdict(call) for call in reversed(self.calls.copy())]

    def _find(self, name: str) -> Service:
        if name not in self._services:
            raise Refused(404, "not_found")
        return self._services[name]

    def _treat(self, mood: Mood, end: threading.Event, do: Callable[[], Answer]) -> Answer | None:
        pause(mood.seconds, end)
        if mood.trouble == "error":
            return Answer(500, {"error": "simulated_failure"})
        if mood.trouble == "silence":
            pause(self.knobs.general("silence_seconds"), end)
            return None
        answer = do()
        if mood.trouble == "lost":
            return None
        if mood.trouble == "error_after":
            return Answer(500, {"error": "simulated_failure"})
        if mood.trouble == "late":
            pause(self.knobs.general("slow_seconds"), end)
        return answer

    def _do_once(
        self, service: Service, route: Route, request: Request, args: Mapping[str, str], is_refused: bool = False
    ) -> Answer:
        """One key, one effect, one answer; what was refused had no effect and may be tried again."""
        remembers = bool(request.key) and not service.keeps_keys
        with self.state.transaction() as db:
            if remembers and (known := self._known(db, service.name, request.key)):
                return known
            if is_refused:
                raise Refused(422, "simulated_refusal")
            answer = route.function(Call(db, service.name, request, args, self._secrets))
            if remembers and answer.status < 400:
                values = (service.name, request.key, answer.status, json.dumps(answer.body))
                db.execute("INSERT INTO answer VALUES (?, ?, ?, ?)", values)
        self.callbacks.look()
        return answer

    def _known(self, db: Any, service: str, key: str) -> Answer | None:
        row = db.execute("SELECT status, body FROM answer WHERE service = ? AND key = ?", (service, key)).fetchone()
        return Answer(row["status"], json.loads(row["body"])) if row else None

    def _remember(self, name: str, request: Request, answer: Answer | None, note: str, began: float) -> None:
        took = (time.perf_counter() - began) * 1000
        status = answer.status if answer else 0
        call = PastCall(time.time(), name, request.method, request.path, request.key, status, note, round(took, 1))
        self.calls.append(call)


def pause(seconds: float, end: threading.Event) -> None:
    """Think. Raises Ended."""
    if seconds and end.wait(seconds):
        raise Ended
