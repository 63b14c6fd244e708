"""Whatever breaks, nothing is lost, nothing is done twice, and order is kept. The quick form of `make chaos`."""

import random
from collections.abc import Iterator

import pytest

from tests.chaos import trial
from tests.chaos.faults import Fault, load
from tests.chaos.storm import storm
from tests.chaos.world import World

FAULTS = load()


class Worlds:
    """One world for all, and a new one after it was left in disorder."""

    def __init__(self) -> None:
        self._world: World | None = None

    def endure(self, fault: Fault) -> None:
        """Let it happen. Fails when a promise is broken."""
        world, self._world = self._world or World(), None
        try:
            outcome = trial.run(world, fault)
            assert outcome.is_right, outcome
            self._world = world
        finally:
            if self._world is None:
                print(world.last_words())
                world.close()

    def close(self) -> None:
        """End the world."""
        if self._world:
            self._world.close()


@pytest.fixture(scope="module")
def worlds() -> Iterator[Worlds]:
    found = Worlds()
    yield found
    found.close()


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_every_promise_is_kept_when_one_thing_breaks(fault: Fault, worlds: Worlds) -> None:
    worlds.endure(fault)


def test_every_promise_is_kept_in_a_storm(worlds: Worlds) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    worlds.endure(storm(seed, list(FAULTS.values()), quick=True))
