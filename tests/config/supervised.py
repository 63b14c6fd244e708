"""A supervisor over small processes, for the tests to watch and to kill: `supervised.py DIRECTORY KIND …`."""

import sys
from functools import partial
from pathlib import Path

from config.child import Command
from config.supervisor import StopRequested, Supervisor

KINDS = {
    # ends at once when told so, and says it
    "good": "import signal, sys, time\n"
    "signal.signal(signal.SIGTERM, lambda *_: sys.exit(print('{name} told to stop')))\n",
    # has a child of its own
    "parent": "import subprocess, time\nprint('child', subprocess.Popen(['sleep', '600']).pid)\n",
    # does not want to end
    "stubborn": "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n",
    # dies at once
    "weak": "import sys\nsys.stdout.write('last words')\nsys.exit(3)\n",
}
WAIT = "print('{name} up')\nwhile True: time.sleep(60)\n"


def command(directory: Path, kind: str, number: int) -> Command:
    """A process of that kind; its pid is in DIRECTORY/<name>.pid as long as it is the latest."""
    name = f"{kind}{number}"
    note = f"import os; open({str(directory / name)!r} + '.pid', 'w').write(str(os.getpid()))\n"
    code = KINDS[kind] + (WAIT if kind != "weak" else "")
    argv = (sys.executable, "-u", "-c", note + code.format(name=name))
    return Command(name, argv, stop_seconds=1, complaint=partial(complaint, directory / f"{name}.ill"))


def complaint(file: Path, pid: int) -> str:
    """A process is ill when the file names it."""
    return "is ill" if file.exists() and file.read_text() == str(pid) else ""


def main() -> None:
    """Run until told to stop."""
    directory, *kinds = sys.argv[1:]
    supervisor = Supervisor()
    for number, kind in enumerate(kinds):
        supervisor.start(partial(command, Path(directory), kind, number))
    try:
        while True:
            supervisor.attend()
    except StopRequested:
        supervisor.stop_all()


if __name__ == "__main__":
    main()
