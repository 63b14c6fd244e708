"""Laps: how many sales the web process is to make, and how far it is."""

from dataclasses import dataclass

from tests.chaos.effects import ACCOUNTS, ARTICLES
from tests.chaos.world import World

BALANCE = 1000


@dataclass(frozen=True)
class Lap:
    """The sales of one trial."""

    number: int
    stock: int
    is_bulk: bool = False


def open_lap(world: World, count: int, rate: float, *, bulk: int = 1, trouble: str = "") -> Lap:
    """Fill the shelves, and have the web process sell."""
    ((number,),) = world.sql("SELECT 1 + coalesce(max(lap), 0) FROM chaos_lap")
    articles = max(ARTICLES, bulk)
    stock = count // articles  # each sale wants two on average: not all get what they want
    world.sql("INSERT INTO chaos_article SELECT %s, a, 0, %s FROM generate_series(1, %s) a", number, stock, articles)
    world.sql("INSERT INTO chaos_account SELECT %s, a, %s FROM generate_series(1, %s) a", number, BALANCE, ACCOUNTS)
    world.sql("INSERT INTO chaos_lap VALUES (%s, %s, %s, %s, %s)", number, count, rate, bulk, trouble)
    return Lap(number, stock, is_bulk=bulk > 1)


def extend(world: World, count: int) -> None:
    """Some more sales in the newest lap."""
    world.sql("UPDATE chaos_lap SET count = count + %s WHERE lap = (SELECT max(lap) FROM chaos_lap)", count)


def sold(world: World, lap: Lap) -> int:
    """How many sales were made so far."""
    return world.sql("SELECT count(*) FROM chaos_sale WHERE lap = %s", lap.number)[0][0]


def wanted(world: World, lap: Lap) -> int:
    """How many sales there are to be."""
    return world.sql("SELECT count FROM chaos_lap WHERE lap = %s", lap.number)[0][0]


def is_sold_out(world: World) -> bool:
    """Whether the newest lap has all the sales it asked for."""
    return world.sql(
        "SELECT count = (SELECT count(*) FROM chaos_sale WHERE lap = l.lap) FROM chaos_lap l ORDER BY lap DESC LIMIT 1"
    )[0][0]
