"""A worker under the supervisor of `make run`, for containers: `python -m config.worker`.

Docker starts a container again when it ends, not when it is unhealthy, and a worker that takes nothing does not end.
"""

import dataclasses
import sys
from functools import partial

from config import processes, terminal
from config.child import Command
from config.options import Options, WrongOption
from config.supervisor import StopRequested, Supervisor
from events.worker_status import status_directory


def main() -> None:
    """Run until told to stop."""
    try:
        options = Options.read()
    except WrongOption as error:
        sys.exit(str(error))
    supervisor = Supervisor()
    supervisor.start(partial(dataclasses.replace, command(options)))
    try:
        while True:
            supervisor.attend()
    except StopRequested:
        terminal.say("stopping")
    finally:
        supervisor.stop_all()


def command(options: Options) -> Command:
    """The worker, watched where it writes itself when nobody says where."""
    directory = status_directory(options.worker_status_directory)
    return processes.worker(dataclasses.replace(options, worker_status_directory=str(directory)))


if __name__ == "__main__":
    main()
