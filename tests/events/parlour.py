"""A small world for the tests of the command line: kettles boil, and one subscriber fails as it is told."""

from dataclasses import dataclass, field

import pytest
from django.db import transaction

from events.api import Event, LoggedEvent, acting_as, emit, subscriber
from events.subscriptions import enroll


@dataclass
class Parlour:
    """Its events, and what goes wrong in it."""

    boiled: type[Event]
    poured: type[Event]
    error: Exception | None = None
    drunk: list[int] = field(default_factory=list)

    def boil(self, *kettles: int, by: str = "user:7") -> list[LoggedEvent]:
        """Each in a transaction of its own; inline, its subscribers run after the commit."""
        logged = []
        for kettle in kettles:
            with acting_as(by), transaction.atomic():
                logged.append(emit(self.boiled(kettle_id=kettle, cup={"size": "large"}, litres="1.50")))
        return logged


@pytest.fixture
def parlour(transactional_db: None) -> Parlour:
    """Declared for one test; the subscriptions begin with it."""

    class Boiled(Event, name="kettle.boiled", stream="kettle-{kettle_id}"):
        kettle_id: int
        litres: str = "0"
        cup: dict[str, str] = {}

    class Poured(Event, name="tea.poured", stream="tea-{kettle_id}"):
        kettle_id: int

    parlour = Parlour(Boiled, Poured)

    @subscriber(Boiled, name="maids.pour")
    def pour(event: Boiled) -> None:
        emit(Poured(kettle_id=event.kettle_id))

    @subscriber(Poured, name="guests.drink", max_retries=0)
    def drink(event: Poured) -> None:
        if parlour.error:
            raise parlour.error
        parlour.drunk.append(event.kettle_id)

    enroll()
    return parlour
