"""A worker under the supervisor of `make run`, for containers: `python -m config.worker`.

Docker starts a container again when it ends, not when it is unhealthy, and a worker that takes nothing does not end.
"""

import dataclasses
from functools import partial

from config import processes, terminal
from config.options import Options
from config.supervisor import StopRequested, Supervisor


def main() -> None:
    """Run until told to stop."""
    supervisor = Supervisor()
    supervisor.start(partial(dataclasses.replace, processes.worker(Options.read())))
    try:
        while True:
            supervisor.attend()
    except StopRequested:
        terminal.say("stopping")
    finally:
        supervisor.stop_all()


if __name__ == "__main__":
    main()
