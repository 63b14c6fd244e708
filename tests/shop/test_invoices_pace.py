"""Requests keep their pace, and response times are told in percentiles."""

import time

import pytest

from shop.invoices.pace import paced, percentile
from shop.invoices.report import response_times, table


def test_things_come_no_faster_than_the_rate() -> None:
    started = time.monotonic()
    assert list(paced(range(5), 50)) == [0, 1, 2, 3, 4]
    assert 0.08 <= time.monotonic() - started < 1


def test_one_that_took_too_long_does_not_make_the_next_ones_hurry() -> None:
    instants = []
    for number in paced(range(4), 20):
        instants.append(time.monotonic())
        if number == 0:
            time.sleep(0.2)
    assert instants[3] - instants[2] >= 0.04


def test_without_a_rate_nothing_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    assert sum(paced(range(10_000), None)) == 49_995_000
    assert not any(waits)


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
