"""What happens to crates: facts that differ in how many subscribers they have, and in what they say of people."""

from decimal import Decimal

from events.api import Event, Personal


class CrateOpened(Event, name="crate.opened", version=1, stream="crate-{crate_id}"):
    """A crate was opened; 14 subscribers want to know. As large as an order.placed."""

    crate_id: int
    number: str = "BR-23456-789AB"
    customer_id: int = 4711
    total: Decimal = Decimal("129.90")
    currency: str = "GBP"
    line_count: int = 3
    unit_count: int = 5


class CrateAddressed(
    Event, name="crate.addressed", version=1, stream="crate-{crate_id}", person="customer-{customer_id}"
):
    """A crate goes to somebody; nobody wants to know. As large as a crate.opened, with two personal fields besides."""

    crate_id: int
    number: str = "BR-23456-789AB"
    customer_id: int = 4711
    total: Decimal = Decimal("129.90")
    currency: str = "GBP"
    line_count: int = 3
    unit_count: int = 5
    name: Personal[str] = "Somebody Somewhere"
    email: Personal[str] = "somebody.somewhere@example.com"


class CrateWeighed(Event, name="crate.weighed", version=1, stream="crate-{crate_id}"):
    """A crate was weighed in a lap of a benchmark; one subscriber wants to know."""

    crate_id: int
    lap: int = 0


class CrateSealed(Event, name="crate.sealed", version=1, stream="crate-{crate_id}"):
    """A crate was sealed; one subscriber wants to know. As large as a crate.opened."""

    crate_id: int
    number: str = "BR-23456-789AB"
    customer_id: int = 4711
    total: Decimal = Decimal("129.90")
    currency: str = "GBP"
    line_count: int = 3
    unit_count: int = 5
