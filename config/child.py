"""A child process: how it is started, told to stop, and made sure to be gone."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path

ORPHAN = Path(__file__).with_name("orphan.py")


@dataclass(frozen=True)
class Command:
    """What to run. `is_ready` says whether it serves yet; `orphan_signal` reaches it if its parent is killed.

    `complaint` says what is wrong with the living process of that pid, such as "has taken nothing for 32 s"; "" if
    nothing is. The supervisor then starts it again.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    directory: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10
    orphan_signal: signal.Signals = signal.SIGKILL
    is_ready: Callable[[], bool] = lambda: True
    complaint: Callable[[int], str] = lambda _pid: ""
    log: Path | None = None  # a file for its output, begun anew at each start; otherwise its output is a pipe


def start(command: Command) -> subprocess.Popen[bytes]:
    """Start it in its own session, so that Ctrl-C in the terminal reaches its parent alone.

    Call it from the main thread: the kernel's promise to end orphans is tied to the thread that started them.
    """
    with command.log.open("wb") if command.log else nullcontext(subprocess.PIPE) as output:
        return subprocess.Popen(
            [*_ending_with_parent(command.orphan_signal), *command.argv],
            env={**os.environ, **command.env},
            cwd=command.directory,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def stop(process: subprocess.Popen[bytes], command: Command) -> bool:
    """End the process and whatever it started; False when it had to be killed."""
    with suppress(ProcessLookupError):
        process.send_signal(command.stop_signal)
    try:
        process.wait(command.stop_seconds)
        return True
    except subprocess.TimeoutExpired:
        return False
    finally:
        kill_group(process)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the process and of its own children."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def last_words(command: Command) -> str:
    """The end of its log file, for a message about its failure."""
    return command.log.read_text(errors="replace")[-2000:].strip() if command.log and command.log.exists() else ""


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether `condition` became true within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _ending_with_parent(orphan_signal: signal.Signals) -> list[str]:
    if sys.platform != "linux":
        return []
    return [sys.executable, "-I", "-S", str(ORPHAN), orphan_signal.name, str(os.getpid())]
