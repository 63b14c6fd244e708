"""Fourteen subscribers that do nothing, one that does nothing alone, and one with a single INSERT."""

from benchmarks import ledger
from benchmarks.events import CrateOpened, CrateSealed, CrateWeighed
from events.api import subscriber

CROWD = 14

for number in range(1, CROWD + 1):

    @subscriber(CrateOpened, name=f"crates.reader_{number:02}")
    def read(event: CrateOpened) -> None:
        """Does nothing, so twice is safe."""


@subscriber(CrateSealed, name="crates.lone_reader")
def read_alone(event: CrateSealed) -> None:
    """Does nothing, so twice is safe."""


@subscriber(CrateWeighed, name="crates.record_weight")
def record_weight(event: CrateWeighed) -> None:
    """One row, written in the delivery's own transaction: it is there once."""
    ledger.write("subscriber", event.crate_id, event.lap)
