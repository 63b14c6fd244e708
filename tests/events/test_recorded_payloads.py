"""Whatever the log may have, of every version that there ever was, is read as the newest: payloads that were recorded
when their version was new are kept in `payloads/`, and none is ever changed."""

import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from django.conf import settings
from jsonschema import Draft202012Validator

from events import catalogue
from events.api import LoggedEvent
from tests.recording import PAYLOADS, is_ours, recorded

pytestmark = pytest.mark.django_db

SCHEMAS = Path(settings.BASE_DIR) / "docs" / "events"
RECORDED = sorted(PAYLOADS.glob("*/v*/*.json"))


@pytest.fixture(autouse=True)
def empty_catalogue() -> None:
    """Here the events are those of the project."""


def name_and_version(path: Path) -> tuple[str, int]:
    return path.parent.parent.name, int(path.parent.name.removeprefix("v"))


def versions() -> set[tuple[str, int]]:
    """Every version that the log may have: declared, or read by an upcaster."""
    types = {(one.event_name, one.event_version): one for one in catalogue.event_types() if is_ours(one)}
    names = {name for name, _ in types}
    return {*types, *((name, version) for name, version, _ in catalogue.upcasters() if name in names)}


def logged(path: Path) -> LoggedEvent:
    name, version = name_and_version(path)
    return LoggedEvent(
        position=1,
        id=UUID(int=1),
        stream="recorded-1",
        stream_version=1,
        name=name,
        version=version,
        payload=json.loads(path.read_text(encoding="utf-8")),
        correlation_id=UUID(int=1),
        causation_id=None,
        actor="",
        traceparent="",
        occurred_at=datetime(2025, 3, 1, tzinfo=UTC),
    )


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: str(path.relative_to(PAYLOADS)))
def test_a_recorded_payload_is_read_as_the_newest_version(path: Path) -> None:
    event = logged(path).typed()
    newest = max(version for name, version in versions() if name == event.event_name)
    assert (event.event_name, event.event_version) == (path.parent.parent.name, newest)


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: str(path.relative_to(PAYLOADS)))
def test_a_recorded_payload_fits_the_schema_of_its_version(path: Path) -> None:
    name, version = name_and_version(path)
    schema = json.loads((SCHEMAS / f"{name}.v{version}.json").read_text(encoding="utf-8"))
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    assert [error.message for error in validator.iter_errors(json.loads(path.read_text(encoding="utf-8")))] == []


def test_every_version_that_the_log_may_have_is_on_record() -> None:
    missing = sorted(f"{name} v{version}" for name, version in versions() if not recorded(name, version))
    assert missing == [], "record them: see docs/schemas.md"


def test_every_recorded_version_is_one_that_the_log_may_have() -> None:
    assert sorted({name_and_version(path) for path in RECORDED} - versions()) == []
