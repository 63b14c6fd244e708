"""Keeps a set of processes running: shows their output, starts again what dies or is ill, stops all in order.

One thread, one loop: every wait goes through `attend`, so no child ever blocks on a full pipe.
"""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass

from config import child, terminal

TICK_SECONDS = 0.1
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30
SETTLED_SECONDS = 60
HEALTH_SECONDS = 2


class StopRequested(Exception):
    """The user, or the system, asked the supervisor to stop."""


@dataclass
class Supervised:
    """One process through all its lives."""

    make_command: Callable[[], child.Command]
    command: child.Command
    process: subprocess.Popen[bytes]
    started_at: float
    quick_deaths: int = 0
    restart_at: float | None = None
    health_at: float = 0
    kill_at: float | None = None
    unfinished_line: bytes = b""


class Supervisor:
    """Call `attend` often; it raises StopRequested after SIGINT, SIGTERM or SIGHUP."""

    def __init__(self) -> None:
        self.supervised: list[Supervised] = []
        self._selector = selectors.DefaultSelector()
        self._stop_requested = False
        self._stopping = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._request_stop)

    def start(self, make_command: Callable[[], child.Command]) -> Supervised:
        """Start a process that is to run all the time."""
        command = make_command()
        one = Supervised(make_command, command, child.start(command), time.monotonic())
        self._listen(one)
        self.supervised.append(one)
        return one

    def run_once(self, command: child.Command) -> int:
        """Run a process to its end and return its exit code."""
        one = self.start(lambda: command)
        one.restart_at = float("inf")
        while one.process.poll() is None:
            self.attend()
        self._bury(one)
        self.supervised.remove(one)
        return one.process.returncode

    def wait_until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Whether the condition became true in time, while everything is attended to."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                return False
            asked_at = time.monotonic()
            while time.monotonic() < asked_at + TICK_SECONDS:  # output may end a tick early
                self.attend()
        return True

    def attend(self) -> None:
        """Pass on what was printed, and start again what has died or is ill. Returns after one tick at the latest."""
        self._show_output()
        if self._stop_requested and not self._stopping:
            raise StopRequested
        if not self._stopping:
            for one in self.supervised:
                self._revive(one)
                self._cure(one)

    def stop_all(self) -> None:
        """Stop everything, the last started first, each within its bound; a second Ctrl-C makes the bounds nil."""
        self._stopping, self._stop_requested = True, False
        for one in reversed(self.supervised):
            if one.process.poll() is None:
                one.process.send_signal(one.command.stop_signal)
            ended = self._wait_for_end(one)
            self._bury(one)
            if not ended:
                terminal.say(f"{one.command.name} did not stop in {one.command.stop_seconds:g} s and was killed")

    def _wait_for_end(self, one: Supervised) -> bool:
        deadline = time.monotonic() + one.command.stop_seconds
        while one.process.poll() is None:
            if time.monotonic() > deadline or self._stop_requested:
                return False
            self._show_output()
        return True

    def _revive(self, one: Supervised) -> None:
        now = time.monotonic()
        if one.restart_at is None and one.process.poll() is not None:
            self._bury(one)
            one.quick_deaths = 0 if now - one.started_at > SETTLED_SECONDS else one.quick_deaths + 1
            pause = _pause_seconds(one.quick_deaths)
            one.restart_at = now + pause
            terminal.say(f"{one.command.name} ended ({_ending(one.process)}); starting it again in {pause:g} s")
        elif one.restart_at is not None and now >= one.restart_at:
            one.command = one.make_command()
            one.process, one.started_at, one.restart_at, one.kill_at = child.start(one.command), now, None, None
            self._listen(one)

    def _cure(self, one: Supervised) -> None:
        """Tell a process that lives and does not do its work to stop; `_revive` does the rest."""
        now = time.monotonic()
        if one.process.poll() is not None:
            return
        if one.kill_at is not None and now >= one.kill_at:
            terminal.say(f"{one.command.name} did not stop in {one.command.stop_seconds:g} s and is killed")
            child.kill_group(one.process)
        elif one.kill_at is None and now >= one.health_at:
            one.health_at = now + HEALTH_SECONDS
            if complaint := one.command.complaint(one.process.pid):
                terminal.say(f"{one.command.name} {complaint}; starting it again")
                one.process.send_signal(one.command.stop_signal)
                one.kill_at = now + one.command.stop_seconds

    def _listen(self, one: Supervised) -> None:
        if output := one.process.stdout:
            os.set_blocking(output.fileno(), False)
            self._selector.register(output, selectors.EVENT_READ, one)

    def _bury(self, one: Supervised) -> None:
        """Kill what the process left behind, and show its last words."""
        child.kill_group(one.process)
        output = one.process.stdout
        if output and not output.closed:
            self._read(one)
            if output in self._selector.get_map():
                self._selector.unregister(output)
            output.close()

    def _show_output(self) -> None:
        for key, _ in self._selector.select(TICK_SECONDS):
            self._read(key.data)

    def _read(self, one: Supervised) -> None:
        """Show the lines that are there. At the end of the output stop listening, or `select` would never rest."""
        output = one.process.stdout
        while output and (data := output.read()) is not None:
            *lines, one.unfinished_line = (one.unfinished_line + data).split(b"\n")
            if not data:
                lines, one.unfinished_line = [*lines, *filter(None, [one.unfinished_line])], b""
                if output in self._selector.get_map():
                    self._selector.unregister(output)
            for line in lines:
                terminal.show(one.command.name, line.decode(errors="replace"))
            if not data:
                return

    def _request_stop(self, *_: object) -> None:
        self._stop_requested = True


def _pause_seconds(quick_deaths: int) -> float:
    """Before the next start; any number of deaths gives one."""
    return min(FIRST_PAUSE_SECONDS * 2 ** min(max(quick_deaths - 1, 0), 10), LONGEST_PAUSE_SECONDS)


def _ending(process: subprocess.Popen[bytes]) -> str:
    code = process.returncode
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
