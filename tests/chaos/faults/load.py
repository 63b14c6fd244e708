"""Too much at once."""

from tests.chaos import stall
from tests.chaos.faults import Steps, fault
from tests.chaos.world import World


@fault("A backlog", bulk=True, in_storms=False)
def backlog(world: World) -> Steps:
    """There is no worker while the stall sells; then one finds everything at once."""
    world.worker.rest()
    yield lambda: stall.is_sold_out(world)
    world.worker.start()
