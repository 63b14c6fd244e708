"""Requests keep their pace, and response times are told in percentiles."""

import pytest

from shop.invoices import pace
from shop.invoices.pace import percentile
from shop.invoices.report import response_times, table


class Clock:
    """Time that passes only when somebody sleeps or works."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(pace, "time", clock)
    return clock


def test_things_come_no_faster_than_the_rate(clock: Clock) -> None:
    instants = [(thing, clock.now - 100) for thing in pace.paced(range(4), 50)]
    assert instants == [(number, pytest.approx(number * 0.02)) for number in range(4)]


def test_one_that_took_too_long_does_not_make_the_next_ones_hurry(clock: Clock) -> None:
    instants = []
    for number in pace.paced(range(4), 20):
        instants.append(clock.now - 100)
        clock.sleep(1.0 if number == 0 else 0.0)
    assert instants == pytest.approx([0, 1.0, 1.05, 1.1])


def test_without_a_rate_nothing_waits(clock: Clock) -> None:
    assert sum(pace.paced(range(10_000), None)) == 49_995_000
    assert clock.now == 100


@pytest.mark.parametrize(("percent", "value"), [(50, 50), (95, 95), (99, 99), (100, 100), (0, 1)])
def test_a_percentile_is_a_value_that_was_measured(percent: float, value: float) -> None:
    assert percentile(list(range(100, 0, -1)), percent) == value


def test_percentiles_of_few_and_of_no_values() -> None:
    assert percentile([7.0], 99) == 7.0
    assert percentile([], 50) == 0.0


def test_response_times_are_a_table_in_milliseconds() -> None:
    assert response_times({"checkout": [0.010] * 1200, "cancellation": []}) == [
        "          requests  p50 ms  p95 ms  p99 ms  max ms",
        "checkout     1,200    10.0    10.0    10.0    10.0",
    ]
    assert table([["a", 1], ["bb", 10]]) == ["a    1", "bb  10"]
