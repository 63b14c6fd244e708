"""What happens to PostgreSQL."""

from contextlib import ExitStack, suppress

import psycopg

from tests.chaos.faults import Steps, fault
from tests.chaos.world import World

_TERMINATE = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


@fault("PostgreSQL restarted")
def postgres_restarted(world: World) -> Steps:
    world.postgres.stop()
    yield world.seconds(full=5, quick=1)
    world.postgres.start()


@fault("PostgreSQL killed")
def postgres_killed(world: World) -> Steps:
    world.postgres.kill()
    yield world.seconds(full=5, quick=1)
    world.postgres.start()


@fault("Connections to PostgreSQL terminated")
def connections_terminated(world: World) -> Steps:
    for _ in range(int(world.seconds(full=20, quick=4))):
        world.sql(_TERMINATE)
        yield 0.5


@fault("No connection to PostgreSQL left")
def connections_exhausted(world: World) -> Steps:
    """Whoever was connected is thrown out, and meets a full house."""
    with ExitStack() as stack:
        world.sql(_TERMINATE)
        with suppress(psycopg.OperationalError):
            while True:
                stack.enter_context(psycopg.connect(world.postgres.server.url))
        yield world.seconds(full=10, quick=3)


@fault("Deadlocks", trouble="deadlock")
def deadlocks(world: World) -> Steps:
    """The sales bring them along: `pay` locks accounts in any order."""
    yield world.seconds(full=10, quick=2)
