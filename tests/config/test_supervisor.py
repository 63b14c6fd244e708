"""The supervisor: starts again what dies, and leaves nothing behind, however it ends itself."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from config import terminal
from config.child import wait_until

SECONDS = 15


class Run:
    """A running tests/config/supervised.py."""

    def __init__(self, directory: Path, *kinds: str) -> None:
        self.directory = directory
        argv = [sys.executable, "-m", "tests.config.supervised", str(directory), *kinds]
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        self.lines.extend(iter(self.process.stdout.readline, ""))

    def said(self, words: str, times: int = 1) -> bool:
        return sum(words in line for line in self.lines) >= times

    def pid(self, name: str) -> int:
        return int((self.directory / f"{name}.pid").read_text() or 0)

    def ends(self) -> bool:
        return wait_until(lambda: self.process.poll() is not None, SECONDS)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()
        assert self.process.stdout
        self.process.stdout.close()


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def start(*kinds: str) -> Run:
        runs.append(Run(tmp_path, *kinds))
        up = [kind for kind in kinds if kind != "weak"]
        assert wait_until(lambda: runs[-1].said(" up", len(up)), SECONDS), runs[-1].lines
        return runs[-1]

    yield start
    for one in runs:
        one.close()


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_child_that_dies_is_started_again_and_the_user_is_told(run: Callable[..., Run]) -> None:
    one = run("good")
    first = one.pid("good0")
    os.kill(first, signal.SIGKILL)
    assert wait_until(lambda: one.said("good0 ended (killed by SIGKILL); starting it again in 0.5 s"), SECONDS)
    assert wait_until(lambda: one.said("good0 up", 2), SECONDS)
    assert one.pid("good0") != first


def test_a_child_that_keeps_dying_is_started_after_growing_pauses(run: Callable[..., Run]) -> None:
    one = run("weak")
    for pause in ("0.5", "1", "2"):
        assert wait_until(lambda p=pause: one.said(f"weak0 ended (exit code 3); starting it again in {p} s"), SECONDS)


@pytest.mark.parametrize("kind", ["good", "stubborn"])
def test_a_child_that_lives_without_doing_its_work_is_started_again_and_the_user_is_told_why(
    run: Callable[..., Run], kind: str
) -> None:
    one = run(kind, "good")
    first, neighbour = one.pid(f"{kind}0"), one.pid("good1")
    (one.directory / f"{kind}0.ill").write_text(str(first))
    assert wait_until(lambda: one.said(f"{kind}0 is ill; starting it again"), SECONDS)
    assert wait_until(lambda: one.said(f"{kind}0 up", 2), SECONDS)
    assert one.said("good0 told to stop") == (kind == "good")
    assert one.said("stubborn0 did not stop in 1 s and is killed") == (kind == "stubborn")
    assert gone(first)
    assert one.pid("good1") == neighbour
    assert not one.said("is ill", 2)


def test_the_last_words_of_a_child_are_shown_even_without_a_line_end(run: Callable[..., Run]) -> None:
    one = run("weak")
    assert wait_until(lambda: one.said(f"{'weak0':{terminal.WIDTH}} | last words\n"), SECONDS)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_nothing_is_left_after_the_supervisor_was_told_to_stop(run: Callable[..., Run], number: signal.Signals) -> None:
    one = run("good", "parent")
    assert wait_until(lambda: one.said("child "), SECONDS)
    grandchild = next(int(line.split()[-1]) for line in one.lines if "child " in line)
    one.process.send_signal(number)
    assert one.ends()
    assert all(gone(pid) for pid in (one.pid("good0"), one.pid("parent1"), grandchild))


def test_children_are_stopped_in_the_opposite_order_of_their_start(run: Callable[..., Run]) -> None:
    one = run("good", "good", "good")
    one.process.send_signal(signal.SIGTERM)
    assert one.ends()
    assert wait_until(lambda: one.said("told to stop", 3), SECONDS)
    assert [line.split()[0] for line in one.lines if "told to stop" in line] == ["good2", "good1", "good0"]


def test_a_child_that_ignores_the_signal_is_killed_after_its_bound(run: Callable[..., Run]) -> None:
    one = run("stubborn")
    one.process.send_signal(signal.SIGTERM)
    assert one.ends()
    assert gone(one.pid("stubborn0"))
    assert wait_until(lambda: one.said("stubborn0 did not stop in 1 s and was killed"), SECONDS)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends orphans")
def test_nothing_is_left_after_the_supervisor_itself_was_killed(run: Callable[..., Run]) -> None:
    one = run("good", "stubborn")
    one.process.kill()
    assert wait_until(lambda: gone(one.pid("good0")) and gone(one.pid("stubborn1")), SECONDS)
