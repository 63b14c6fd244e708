"""The Makefile: says what it can do, sets up once, and explains what is missing."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
MAKE = shutil.which("make") or "make"


def make(directory: Path, *words: str, path: str = os.environ["PATH"]) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        [MAKE, *words], cwd=directory, env=kept | {"PATH": path}, capture_output=True, text=True, timeout=60
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Makefile and lock with a make-believe environment, whose pip only writes down that it was called."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements-dev.lock").write_text("one\n")
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\n[ "$1" = -c ] || echo "$*" >> calls\n')
    python.chmod(0o755)
    return tmp_path


def calls(project: Path) -> list[str]:
    file = project / "calls"
    return file.read_text().splitlines() if file.exists() else []


def test_make_alone_lists_every_target_with_its_meaning() -> None:
    listed = re.findall(r"^  make (\S+) +\S", make(ROOT).stdout, flags=re.MULTILINE)
    assert {"help", "setup", "run", "test", "check", "bench", "chaos", "lint", "format", "lock", "clean"} == set(listed)


def test_set_up_installs_by_hash_and_only_when_the_lock_has_changed(project: Path) -> None:
    for _ in range(2):
        assert make(project, "setup").returncode == 0
    assert len(calls(project)) == 1
    assert "--require-hashes -r requirements-dev.lock" in calls(project)[0]
    os.utime(project / "requirements-dev.lock", (0, 0))
    make(project, "setup")
    assert len(calls(project)) == 1
    (project / "requirements-dev.lock").write_text("two\n")
    make(project, "setup")
    assert len(calls(project)) == 2


def test_an_installation_that_failed_is_tried_again(project: Path) -> None:
    python = project / ".venv" / "bin" / "python"
    working = python.read_text()
    python.write_text(working + '[ "$1" = -c ]\n')
    assert make(project, "setup").returncode != 0
    python.write_text(working)
    assert make(project, "setup").returncode == 0
    assert len(calls(project)) == 2


def test_a_machine_without_a_recent_python_is_told_what_to_install(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements-dev.lock").write_text("one\n")
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("sh", "cksum"):
        (programs / name).symlink_to(shutil.which(name) or name)
    (programs / "python3").write_text("#!/bin/sh\nexit 1\n")  # too old
    (programs / "python3").chmod(0o755)
    done = make(tmp_path, "setup", path=str(programs))
    assert done.returncode != 0
    assert "needs Python 3.11 or newer" in done.stderr
    assert "apt install python3.11" in done.stderr


def test_the_locks_name_hashes_and_no_address() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        packages = re.findall(r"^[a-z0-9-]+(?:\[.*\])?==.*$", text, flags=re.MULTILINE)
        assert len(packages) > 50
        assert text.count("==") <= len(packages) * 2
        assert all(line.endswith("\\") for line in packages)
        assert re.search(r"https?://|file:|--(extra-)?index-url|--find-links", text) is None
