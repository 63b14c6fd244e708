"""Sagas that nothing moves any more."""

from collections.abc import Iterator

from events.doctor.findings import Check, Finding, broken, fine, warning
from events.models import Saga
from events.sagas.checking import unknown_steps


def sagas() -> Iterator[Finding]:
    """Those that could not be undone, and those at a step that this code does not know."""
    found = False
    for name, count, key in unknown_steps():
        found = True
        yield broken(
            f"{count:,} sagas, such as {key}, are at {name}, which this code does not have",
            "Bring the step back until they are through: rescue then sends what it missed.",
        )
    if failed := Saga.objects.filter(state=Saga.State.FAILED).count():
        found = True
        yield warning(
            f"{failed:,} sagas could not be undone: a compensation of each is a dead letter",
            "`manage.py sagas list --state failed`; replay the dead letter when its cause is mended, or do it by hand "
            "and discard it.",
        )
    if not found:
        yield fine("Every saga that is open can go on")


CHECKS: list[Check] = [sagas]
