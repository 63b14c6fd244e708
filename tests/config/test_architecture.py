"""The architecture is a test, and the test notices what it should."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
LINT = Path(sys.executable).with_name("lint-imports")
PACKAGES = ("config", "tasks", "shop", "events")


def lint(directory: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([LINT, "--no-cache"], cwd=directory, capture_output=True, text=True, timeout=120)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The project's code, to be spoilt."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_import_runs_in_its_direction_and_every_file_has_its_place() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("events/outbox.py", "import shop.orders"),  # the platform knows nothing of the shop
        ("shop/orders/models.py", "import tasks"),  # nor the shop of the tasks
        ("shop/orders/signals.py", "from events.log import emit"),  # past the one door
        ("events/outbox.py", "import events.relay"),  # against the flow
        ("events/transports/inline.py", "import events.transports.celery"),  # sideways
        ("shop/stock/models.py", "import shop.orders.models"),  # upwards
        ("events/helpers.py", ""),  # a file without a place
        ("shop/utils.py", ""),
    ],
)
def test_what_breaks_the_architecture_fails_the_check(copy: Path, file: str, line: str) -> None:
    with (copy / file).open("a") as spoilt:
        spoilt.write(f"\n{line}\n")
    done = lint(copy)
    assert done.returncode != 0
    assert "1 broken" in done.stdout or "Could not run" in done.stdout or "BROKEN" in done.stdout
