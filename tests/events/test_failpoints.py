"""Failpoints do nothing unless they are told to, and then exactly that."""

import os
import re
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.checks import run_checks
from pytest_django import Settings

from events.checks import check_settings
from events.errors import FailpointReached
from events.failpoints import POINTS, reach

REACHED = re.compile(r'\breach\("([^"]+)"\)')


def test_nothing_happens_at_a_failpoint_that_nobody_armed(settings: Settings) -> None:
    settings.EVENTS = settings.EVENTS | {"failpoints": {"relay.after_take": "raise"}}
    reach("relay.after_publish")


def test_an_armed_failpoint_raises_each_time(settings: Settings) -> None:
    settings.EVENTS = settings.EVENTS | {"failpoints": {"relay.after_publish": "raise"}}
    for _ in range(2):
        with pytest.raises(FailpointReached, match=r"relay\.after_publish"):
            reach("relay.after_publish")


def test_an_order_in_a_file_is_carried_out_once_and_says_by_whom(settings: Settings, tmp_path: Path) -> None:
    settings.EVENTS = settings.EVENTS | {"failpoints": {"relay.after_publish": str(tmp_path / "order")}}
    reach("relay.after_publish")
    (tmp_path / "order").write_text("raise")
    with pytest.raises(FailpointReached):
        reach("relay.after_publish")
    reach("relay.after_publish")
    assert [path.name for path in tmp_path.iterdir()] == [f"order.{os.getpid()}"]


def test_an_armed_failpoint_kills_its_own_process() -> None:
    code = """
import django.conf
django.conf.settings.configure(EVENTS={"failpoints": {"relay.after_publish": "kill"}})
from events.failpoints import reach
reach("relay.before_take")
print("so far", flush=True)
reach("relay.after_publish")
print("alive", flush=True)
"""
    ended = subprocess.run([sys.executable, "-c", code], cwd=django_settings.BASE_DIR, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (-signal.SIGKILL, "so far\n")


@pytest.mark.parametrize(
    ("failpoints", "words"),
    [
        ({"relay.after_publsh": "kill"}, "did you mean 'relay.after_publish'"),
        ({"relay.after_publish": "explode"}, "kill, stop, raise"),
    ],
)
def test_a_failpoint_or_an_order_that_does_not_exist_is_refused(
    settings: Settings, failpoints: dict[str, str], words: str
) -> None:
    settings.EVENTS = settings.EVENTS | {"failpoints": failpoints}
    (problem,) = check_settings()
    assert problem.id == "events.E001"
    assert words in problem.msg


def test_armed_failpoints_are_refused_in_production(settings: Settings) -> None:
    def refused() -> bool:
        return "events.E011" in {message.id for message in run_checks(tags=["events"], include_deployment_checks=True)}

    assert not refused()
    settings.EVENTS = settings.EVENTS | {"failpoints": {"relay.after_publish": "raise"}}
    assert refused()


def test_every_failpoint_has_one_place_in_the_code() -> None:
    files = Path(django_settings.BASE_DIR, "events").rglob("*.py")
    places = Counter(
        point for file in files for point in REACHED.findall(file.read_text()) if file.stem != "failpoints"
    )
    assert places == Counter(POINTS)
