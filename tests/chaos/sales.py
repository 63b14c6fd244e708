"""A stall sells things, and its back room reacts. One subscriber for each kind of promise."""

from events.api import Context, Event, Reject, Saga, SagaRun, Snooze, emit, emit_many, start_saga, step, subscriber
from tests.chaos import effects
from tests.chaos.effects import Sale

PATIENT = {"max_retries": 50, "backoff_cap_seconds": 1}  # a fault may last for longer than five tries


class SaleMade(Event, name="sale.made", version=1, stream="article-{lap}-{article}"):
    """Something was sold."""

    lap: int
    number: int
    article: int
    turn: int
    quantity: int
    payer: int
    payee: int
    amount: int
    trouble: str = ""

    @property
    def sale(self) -> Sale:
        """The plain values."""
        return Sale(**self.model_dump())


class SaleImported(SaleMade, name="sale.imported", version=1, stream="article-{lap}-{article}"):
    """One of very many sales that came in at once."""


class SaleAudited(Event, name="sale.audited", version=1, stream="audit-{number}"):
    """Nobody emits it; a poisonous message may say so."""

    number: int


def announce(sales: list[Sale]) -> None:
    """Called in the transaction of the sales."""
    if len(sales) > 1:
        emit_many([SaleImported(**sale._asdict()) for sale in sales])
    else:
        emit(SaleMade(**sales[0]._asdict()))


@subscriber(SaleMade, SaleImported, name="stall.count", **PATIENT)
def count(event: SaleMade, context: Context) -> None:
    """One row, in the delivery's own transaction."""
    effects.count(event.sale)


@subscriber(SaleMade, SaleImported, name="stall.line_up", ordered=True, **PATIENT)
def line_up(event: SaleMade, context: Context) -> None:
    """One row, in the order of the sales of an article."""
    effects.line_up(event.sale)


@subscriber(SaleMade, name="stall.call", effects="external", **PATIENT)
def call(event: SaleMade, context: Context) -> None:
    """A line in a file, which no transaction takes back."""
    effects.call(event.sale, context.idempotency_key)


@subscriber(SaleMade, name="stall.reserve", **PATIENT)
def reserve(event: SaleMade) -> None:
    """Takes from the stock, if there is enough."""
    effects.reserve(event.sale)


@subscriber(SaleMade, name="stall.pay", **PATIENT)
def pay(event: SaleMade) -> None:
    """Moves money between two accounts."""
    effects.pay(event.sale)


@subscriber(SaleMade, name="stall.moody", **PATIENT)
def moody(event: SaleMade, context: Context) -> None:
    """Fails now and then, waits now and then, and gives some sales up for good."""
    if effects.comes_too_early(event.sale):
        raise Snooze(0.5)
    try:
        effects.moody(event.sale, context.attempt)
    except effects.GivenUp as error:
        raise Reject(str(error)) from error


class Carriage(Saga, name="carriage"):
    """Carries a sale home: a row for each step."""

    @step(**PATIENT)
    def pack(run: SagaRun) -> None:
        """One row, in the delivery's own transaction."""
        effects.write("carriage.pack", Sale(**run.data))

    @step(**PATIENT)
    def carry(run: SagaRun) -> None:
        """One more."""
        effects.write("carriage.carry", Sale(**run.data))


@subscriber(SaleMade, name="stall.send_home", **PATIENT)
def send_home(event: SaleMade) -> None:
    """Starts the saga of a sale, once."""
    if event.number % 20 == effects.CARRIED:
        start_saga(Carriage, key=f"sale-{event.lap}-{event.number}", data=event.sale._asdict())


@subscriber(SaleAudited, name="stall.audit", max_retries=1, backoff_cap_seconds=1)
def audit(event: SaleAudited) -> None:
    """Never gets a genuine event."""
    raise Reject("nobody sent this")
