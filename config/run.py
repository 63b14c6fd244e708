"""`make run`: the whole platform on one machine, under one supervisor."""

import dataclasses
import fcntl
import os
import sys
from functools import partial
from pathlib import Path
from typing import IO

from config import embedded, ports, processes, terminal
from config.child import last_words
from config.keys import Keys, KeysDamaged, write_private
from config.options import Options, WrongOption
from config.supervisor import StopRequested, Supervised, Supervisor

WEB_SECONDS = 60


class CannotStart(Exception):
    """Something must be put right before the platform can start."""


def main() -> int:
    """Run until told to stop; 1 if the start was refused."""
    try:
        options = Options.read()
        lock = take(options.data_dir)
        keys = Keys.of(options.data_dir)
        check_ports(options, keys)
    except (CannotStart, KeysDamaged, WrongOption) as refusal:
        print(refusal, file=sys.stderr)
        return 1
    with lock:
        return supervise(options, keys)


def take(data_dir: Path) -> IO[str]:
    """Open the data directory for this supervisor alone; the kernel lets go of the lock when the process ends."""
    try:
        data_dir.mkdir(mode=0o711, parents=True, exist_ok=True)
        lock = (data_dir / "run.lock").open("a+")
    except OSError as error:
        raise CannotStart(f"{error}. The data directory must be yours; DATA_DIR chooses another.") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.seek(0)
        raise CannotStart(
            f"Backroom already runs on {data_dir} (process {lock.read().strip()}). Stop that one first, "
            "or choose another directory and other ports: DATA_DIR=… WEB_PORT=… make run"
        ) from error
    lock.truncate(0)
    print(os.getpid(), file=lock, flush=True)
    return lock


def check_ports(options: Options, keys: Keys) -> None:
    """Raises CannotStart with a sentence for every busy port."""
    for server in processes.servers(options, keys):
        embedded.clear_leftovers(server.program_name, server.directory)
    if busy := ports.complaints(ports.needed(options)):
        raise CannotStart("\n".join(busy))


def supervise(options: Options, keys: Keys) -> int:
    """Start, attend, stop."""
    os.umask(0o077)  # logs and mail hold what customers typed
    environment = processes.environment(options, keys)
    os.environ.update(environment, PYTHONUNBUFFERED="1")  # or lines would come in blocks, late
    write_private(options.data_dir / "run.env", "".join(f"{name}='{text}'\n" for name, text in environment.items()))
    supervisor = Supervisor()
    try:
        start(supervisor, options, keys)
        while True:
            supervisor.attend()
    except StopRequested:
        terminal.say("stopping")
        return 0
    except (CannotStart, embedded.ServerDidNotStart) as refusal:
        terminal.say(str(refusal))
        return 1
    finally:
        supervisor.stop_all()
        terminal.say("stopped")


def start(supervisor: Supervisor, options: Options, keys: Keys) -> None:
    """Servers, then what prepares, then everything else; the table comes when the web answers."""
    started = [supervisor.start(server.command) for server in processes.servers(options, keys)]
    for server in started:
        wait_for(supervisor, server)
    if supervisor.run_once(processes.prepare(keys)):
        raise CannotStart("The database or the files could not be prepared: see above.")
    commands = processes.platform(options, keys)
    for command in commands:
        supervisor.start(partial(dataclasses.replace, command))
    if not supervisor.wait_until(commands[-1].is_ready, WEB_SECONDS):
        terminal.say(f"web does not answer after {WEB_SECONDS} s: see above. Trying on.")
    print(terminal.table(options, keys), flush=True)


def wait_for(supervisor: Supervisor, server: Supervised) -> None:
    """Raises ServerDidNotStart if the server ends early or takes too long."""
    is_ready = server.command.is_ready
    supervisor.wait_until(lambda: server.restart_at is not None or is_ready(), embedded.START_SECONDS)
    if not is_ready():
        raise embedded.ServerDidNotStart(f"{server.command.name} did not start:\n{last_words(server.command)}")


if __name__ == "__main__":
    sys.exit(main())
