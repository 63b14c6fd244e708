"""What the tests of the doctor ask it."""

import json
import subprocess
import sys

import pytest

from events.doctor import Finding, examine
from events.models import Subscription
from tests.flows.processes import _environment as environment


@pytest.fixture(autouse=True)
def only_subscribers_of_the_test(transactional_db: None) -> None:
    """The subscriptions of the shop, whose code is out of sight here, are too."""
    Subscription.objects.all().delete()


def found(check: str) -> list[Finding]:
    """What one of the checks says."""
    return next(one.findings for one in examine() if one.check == check)


def the_finding(check: str) -> tuple[str, str]:
    """Its level and sentence, with the advice, when it says just one thing."""
    (finding,) = found(check)
    return finding.level.name, f"{finding.says} → {finding.advice}"


def in_a_process(**changes: str) -> tuple[int, dict[str, list[dict[str, str]]]]:
    """The doctor where something is down: exit code, and findings by check."""
    process = subprocess.run(
        [sys.executable, "manage.py", "events", "doctor", "--json"],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment() | {"DJANGO_SETTINGS_MODULE": "config.settings"} | changes,
    )
    assert "Traceback" not in process.stderr
    return process.returncode, {one["check"]: one["findings"] for one in json.loads(process.stdout)["checks"]}
