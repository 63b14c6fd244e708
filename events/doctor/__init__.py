"""The doctor: looks at everything that has to be right, in a few seconds, and says what is wrong and what to do.

    settings ─▶ database answers? ─▶ tables, flow, horizon, letters ─▶ broker answers? ─▶ Redis, workers

It only reads. Whatever is down is a finding; what cannot be looked at because of it is not asked again and again.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from events.conf import events_settings
from events.doctor import broker, database, flow, horizon, letters, personal, read_models, safety, sagas, workers
from events.doctor.database import briefly
from events.doctor.findings import Check, Finding, Level, broken

__all__ = ["Examined", "Finding", "Level", "examine", "worst"]


@dataclass(frozen=True, slots=True)
class Examined:
    """A check and what it found."""

    check: str
    findings: list[Finding]


@dataclass(frozen=True, slots=True)
class _Section:
    """Checks that need a server, after the one that says whether it is there."""

    checks: list[Check]
    needs: Check | None = None
    asks_database: bool = field(default=False)


_SETTINGS = _Section(safety.CHECKS)
_DATABASE = _Section(
    [
        *database.CHECKS,
        *flow.CHECKS,
        *horizon.CHECKS,
        *letters.CHECKS,
        *personal.CHECKS,
        *read_models.CHECKS,
        *sagas.CHECKS,
    ],
    database.database_answers,
    asks_database=True,
)
_BROKER = _Section([*broker.CHECKS, *workers.CHECKS], broker.broker_answers)


def examine() -> Iterator[Examined]:
    """Run all checks; each one's findings as soon as they are there."""
    for section in (_SETTINGS, _DATABASE, *([_BROKER] if _has_broker() else [])):
        if section.needs:
            gate = _run(section.needs)
            yield gate
            if worst([gate]) == Level.BROKEN:
                continue
        for check in section.checks:
            yield _run(check, briefly() if section.asks_database else nullcontext())


def worst(examined: list[Examined]) -> Level:
    """The worst of all findings."""
    return max((finding.level for one in examined for finding in one.findings), default=Level.FINE)


def _run(check: Check, within: AbstractContextManager[None] | None = None) -> Examined:
    try:
        with within or nullcontext():
            findings = list(check())
    except Exception as error:
        what = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
        findings = [broken(f"This could not be looked at: {what}", "Mend what the error says, and ask again.")]
    return Examined(check.__name__.replace("_", " "), findings)


def _has_broker() -> bool:
    """What is wrong with the settings, their own check says."""
    try:
        return events_settings().transport == "celery"
    except Exception:
        return False
