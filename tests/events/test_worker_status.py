"""What a worker's status says about its health."""

import dataclasses
import os
from pathlib import Path

import pytest

from events import worker_status
from events.worker_status import DirectoryNotPrivate, WorkerStatus, complaint_about, judge, statuses_in

NOW = 1_000.0
#: Of no process: the kernel gives out none that is so high.
NOBODY = 2**30
WELL = WorkerStatus("worker@one", 4711, NOW, 0.0, None, 10, 2, 2, 8, ["default"], 30.0, 20.0)


def changed(**changes: object) -> WorkerStatus:
    return dataclasses.replace(WELL, **changes)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (WELL, "works"),
        (changed(starving_seconds=30.0), "works"),
        (changed(starving_seconds=32.4), "has taken nothing for 32 s although work waits"),
        (changed(at=NOW - 20), "works"),
        (changed(at=NOW - 21), "has given no sign of life for 21 s"),
        (changed(at=NOW - 21, starving_seconds=100.0), "has given no sign of life for 21 s"),
        # The loop itself may wait for a database that restarts.
        (changed(silent_seconds=60.0), "works"),
        (changed(silent_seconds=61.0), "has given no sign of life for 61 s"),
        # The machine was started again: its clock began anew.
        (changed(at=NOW + 5), "has given no sign of life for 1000 s"),
    ],
)
def test_a_worker_is_ill_when_it_starves_or_is_silent_for_longer_than_its_settings_allow(
    status: WorkerStatus, verdict: str
) -> None:
    assert str(judge(status, NOW)) == verdict
    assert judge(status, NOW).healthy == (verdict == "works")


def test_the_complaint_is_about_the_process_and_no_other(tmp_path: Path) -> None:
    worker_status.write(tmp_path, changed(starving_seconds=99.0))
    worker_status.write(tmp_path, changed(node="worker@two", pid=4712))
    assert complaint_about(tmp_path, 4711, NOW) == "has taken nothing for 99 s although work waits"
    assert complaint_about(tmp_path, NOBODY, NOW) == ""


def test_a_worker_that_hangs_before_it_has_begun_is_complained_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_status, "STARTING_SECONDS", 1e9)
    assert complaint_about(tmp_path, os.getpid(), NOW) == ""
    monkeypatch.setattr(worker_status, "STARTING_SECONDS", 0.0)
    assert complaint_about(tmp_path, os.getpid(), NOW).startswith("has not begun to work in ")
    assert complaint_about(tmp_path, NOBODY, NOW) == ""
    assert complaint_about(tmp_path / "nowhere", NOBODY, NOW) == ""


def test_a_file_that_is_no_status_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"node": "of another version"}')
    (tmp_path / "b.json").write_text("{")
    worker_status.write(tmp_path, changed(node="../of/../many parts"))
    assert [one.node for one in statuses_in(tmp_path)] == ["../of/../many parts"]
    worker_status.remove(tmp_path, "../of/../many parts")
    assert not list(statuses_in(tmp_path))


def test_the_directory_is_for_its_user_alone(tmp_path: Path) -> None:
    own = tmp_path / "new" / "own"
    worker_status.make_private(own)
    assert own.stat().st_mode & 0o777 == 0o700
    own.chmod(0o777)
    with pytest.raises(DirectoryNotPrivate):
        worker_status.make_private(own)
    own.chmod(0o700)
    if os.geteuid() == 0:
        os.chown(own, 12345, 12345)
        with pytest.raises(DirectoryNotPrivate, match="only you may write to; set WORKER_STATUS_DIRECTORY"):
            worker_status.make_private(own)
