"""The checker: what should have happened, against what did. It reads tables and a file, and believes nobody."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tests.chaos.effects import CARRIED, DOOMED
from tests.chaos.stall import BALANCE, Lap
from tests.chaos.world import World

SINGLE = ("stall.call", "stall.count", "stall.line_up", "stall.moody", "stall.pay", "stall.reserve")
BULK = ("stall.count", "stall.line_up")
MOST_PROBLEMS = 10
ALWAYS = datetime.max.replace(tzinfo=UTC)

# Every sale that was committed, for everybody who should have heard of it and wrote nothing.
_MISSING = """
SELECT count(*) FROM chaos_sale sale CROSS JOIN unnest(%s::text[]) wanted (subscriber)
WHERE sale.lap = %s AND sold_at <= %s AND (sale.number %% 20 <> %s OR wanted.subscriber <> 'stall.moody')
  AND NOT EXISTS (SELECT FROM chaos_ledger done WHERE done.lap = sale.lap AND done.number = sale.number
                  AND done.subscriber = wanted.subscriber)
"""
_DOUBLED = """
SELECT coalesce(sum(times - 1), 0) FROM (
    SELECT count(*) times FROM chaos_ledger WHERE lap = %s GROUP BY subscriber, number) done
"""
# In the order of writing, a sale that comes after a later one of the same article; repetitions are not counted twice.
_DISORDERED = """
SELECT count(*) FROM (
    SELECT turn, max(turn) OVER (PARTITION BY article ORDER BY id ROWS UNBOUNDED PRECEDING EXCLUDE CURRENT ROW) latest
    FROM (SELECT min(id) id, article, turn FROM chaos_ledger WHERE lap = %s AND subscriber = 'stall.line_up'
          GROUP BY article, turn) first) done
WHERE turn < latest
"""
_WRONG_STOCK = """
SELECT article, stock FROM chaos_article WHERE lap = %(lap)s AND (stock < 0 OR stock <> %(stock)s - coalesce((
    SELECT sum(1 + number %% 3) FROM chaos_ledger done
    WHERE done.lap = %(lap)s AND done.article = chaos_article.article AND note = 'reserved'), 0))
"""
_WRONG_BALANCES = """
SELECT account, balance FROM chaos_account WHERE lap = %(lap)s AND balance <> %(balance)s + coalesce((
    SELECT sum((payee = account)::int * amount - (payer = account)::int * amount)
    FROM chaos_sale sale WHERE lap = %(lap)s AND account IN (payer, payee) AND EXISTS (
        SELECT FROM chaos_ledger done
        WHERE done.lap = %(lap)s AND done.number = sale.number AND subscriber = 'stall.pay')), 0)
"""
_WRONG_TILLS = """
SELECT lap, sum(amount), (SELECT sum(amount) FROM chaos_sale WHERE lap = till.lap AND is_booked)
FROM chaos_till till GROUP BY lap
HAVING sum(amount) <> (SELECT sum(amount) FROM chaos_sale WHERE lap = till.lap AND is_booked)
"""
_LAST_EFFECT = """
SELECT max(written_at) FROM chaos_ledger done JOIN chaos_sale sale USING (lap, number)
WHERE lap = %s AND sold_at <= %s
"""
# Dead letters of the sales that `moody` gives up: one each, under the words of its error.
_UNBURIED = """
SELECT count(*) FROM chaos_sale sale WHERE lap = %s AND sold_at <= %s AND number %% 20 = %s AND NOT EXISTS (
    SELECT FROM django_celery_results_taskresult WHERE status = 'FAILURE'
    AND strpos(result, format('sale %%s/%%s is given up', sale.lap, sale.number)) > 0)
"""
_NOT_CARRIED = """
SELECT count(*) FROM chaos_sale sale WHERE lap = %s AND sold_at <= %s AND number %% 20 = %s AND NOT EXISTS (
    SELECT FROM events_saga saga JOIN chaos_ledger done ON done.lap = sale.lap AND done.number = sale.number
    WHERE saga.key = format('sale-%%s-%%s', sale.lap, sale.number) AND saga.state = 'completed'
      AND done.subscriber = 'carriage.carry')
"""
_DEAD_LETTERS = """
SELECT format('%%s is %%s of %%s with %%s results', e.id, d.outcome, d.subscriber, count(r.id))
FROM events_event e JOIN events_delivery d USING (position)
LEFT JOIN django_celery_results_taskresult r ON r.task_id = format('%%s:%%s:%%s', e.id, d.subscriber, d.run)
WHERE (e.payload ->> 'lap')::int = %(lap)s
GROUP BY e.position, d.id
HAVING (d.outcome = 'done') <> (count(r.id) = 0) OR (d.outcome <> 'done') <> (
    d.subscriber = 'stall.moody' AND e.name = 'sale.made' AND (e.payload ->> 'number')::int %% 20 = %(doomed)s)
"""
_UNDELIVERED = """
SELECT format('%%s has no delivery to %%s', e.id, wanted.subscriber)
FROM events_event e CROSS JOIN unnest(%(names)s::text[]) wanted (subscriber)
WHERE (e.payload ->> 'lap')::int = %(lap)s AND NOT EXISTS (
    SELECT FROM events_delivery d WHERE d.position = e.position AND d.subscriber = wanted.subscriber AND run = 0)
"""


@dataclass
class Outcome:
    """What a trial has shown."""

    fault: str
    events: int
    lost: int
    doubled: int
    disordered: int
    #: From the end of the fault until everything that was sold by then had happened; None: it never did.
    recovery_seconds: float | None
    problems: list[str] = field(default_factory=list)

    @property
    def is_right(self) -> bool:
        """Whether every promise was kept."""
        return not (self.lost or self.doubled or self.disordered or self.problems)


def missing(world: World, lap: Lap, sold_by: datetime = ALWAYS) -> int:
    """How many effects are not there, of all sales or of those until an instant."""
    names = [name for name in wanted_by(lap) if name != "stall.call"]
    found = world.sql(_MISSING, names, lap.number, sold_by, DOOMED)[0][0]
    if not lap.is_bulk:
        called = calls(world, lap)
        sales = world.sql("SELECT number FROM chaos_sale WHERE lap = %s AND sold_at <= %s", lap.number, sold_by)
        found += sum(number not in called for (number,) in sales)
        found += world.sql(_UNBURIED, lap.number, sold_by, DOOMED)[0][0]
        found += world.sql(_NOT_CARRIED, lap.number, sold_by, CARRIED)[0][0] if world.is_backroom else 0
    return found


def wanted_by(lap: Lap) -> tuple[str, ...]:
    """The subscribers that should hear of every sale."""
    return BULK if lap.is_bulk else SINGLE


def calls(world: World, lap: Lap) -> dict[int, Counter[str]]:
    """The keys of the calls for each sale, each with how often it was used."""
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for line in (world.directory / "calls").read_text().splitlines():
        number_of_lap, number, key = line.split(" ")
        if int(number_of_lap) == lap.number:
            found[int(number)][key] += 1
    return found


def booked(world: World) -> int:
    """How many sales of the newest lap are in the till."""
    return world.sql("SELECT count(*) FROM chaos_sale WHERE is_booked AND lap = (SELECT max(lap) FROM chaos_lap)")[0][0]


def audit(world: World, lap: Lap, fault: str, ended_at: datetime) -> Outcome:
    """Everything about one lap."""
    lost = missing(world, lap)
    (events,), (doubled,), (disordered,), (last,) = (
        world.sql(statement, *values)[0]
        for statement, values in (
            ("SELECT count(*) FROM chaos_sale WHERE lap = %s", [lap.number]),
            (_DOUBLED, [lap.number]),
            (_DISORDERED, [lap.number]),
            (_LAST_EFFECT, [lap.number, ended_at]),
        )
    )
    recovery = None if missing(world, lap, ended_at) else max(0.0, (last - ended_at).total_seconds() if last else 0.0)
    return Outcome(fault, events, lost, int(doubled), disordered, recovery, _problems(world, lap))


def _problems(world: World, lap: Lap) -> list[str]:
    number = lap.number
    stocks = world.sql(_WRONG_STOCK, lap=number, stock=lap.stock)
    balances = world.sql(_WRONG_BALANCES, lap=number, balance=BALANCE)
    found = [f"the stock of article {article} is {stock}" for article, stock in stocks]
    found += [f"the balance of account {account} is {balance}" for account, balance in balances]
    found += [f"the till has {has}, not {sold}" for _, has, sold in world.sql(_WRONG_TILLS)]
    called = calls(world, lap).items()
    found += [f"sale {sale} was called about under {len(keys)} keys" for sale, keys in called if len(keys) > 1]
    if world.is_backroom:
        found += [row[0] for row in world.sql(_DEAD_LETTERS, lap=number, doomed=DOOMED)]
        found += [row[0] for row in world.sql(_UNDELIVERED, lap=number, names=list(wanted_by(lap)))]
    return found if len(found) < MOST_PROBLEMS else [*found[:MOST_PROBLEMS], f"… and {len(found) - MOST_PROBLEMS} more"]
