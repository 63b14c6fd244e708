"""Records, while other tests run, one payload of each version of an event that has none on record:

    .venv/bin/python -m pytest -p tests.recording tests/shop tests/tasks

The payload is the one in the log, as the test of that moment had it emitted. It goes into `tests/events/payloads`.
"""

import json
from collections.abc import Generator
from pathlib import Path

import pytest
from django.db import connection

PAYLOADS = Path(__file__).parent / "events" / "payloads"
#: Other events are of tests only.
OURS = ("shop", "events", "tasks")

_NEWEST = (
    "SELECT DISTINCT ON (name, version) name, version, payload::text FROM events_event ORDER BY 1, 2, position DESC"
)


def folder_of(name: str, version: int) -> Path:
    """Where the recorded payloads of that version are."""
    return PAYLOADS / name / f"v{version}"


def recorded(name: str, version: int) -> list[Path]:
    """The recorded payloads of that version."""
    return sorted(folder_of(name, version).glob("*.json"))


def is_ours(event_type: type) -> bool:
    """Whether a declared event is one of the project, and not of a test."""
    return event_type.__module__.partition(".")[0] in OURS


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """What a test leaves in the log is there until its fixtures are torn down."""
    yield
    if item.get_closest_marker("django_db") or {"db", "transactional_db"} & set(getattr(item, "fixturenames", ())):
        _record()


def _record() -> None:
    from events import catalogue

    ours = {(one.event_name, one.event_version) for one in catalogue.event_types() if is_ours(one)}
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST)
        for name, version, payload in cursor.fetchall():
            if (name, version) in ours and not recorded(name, version):
                folder = folder_of(name, version)
                folder.mkdir(parents=True, exist_ok=True)
                text = json.dumps(json.loads(payload), ensure_ascii=False, indent=2)
                (folder / "recorded.json").write_text(text + "\n", encoding="utf-8")
