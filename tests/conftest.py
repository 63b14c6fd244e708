"""For all tests: the fixture `events`, how thorough hypothesis is, and reports that every process can pass on."""

from collections.abc import Generator

import pytest
from hypothesis import settings

# `make chaos` chooses it with --hypothesis-profile.
settings.register_profile("chaos", max_examples=500, stateful_step_count=80, deadline=None)

pytest_plugins = ["events.testing"]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Some errors have text on purpose that is no text, such as half a surrogate pair, and pytest-xdist sends text."""
    report = yield
    report.sections = [(name, text.encode(errors="backslashreplace").decode()) for name, text in report.sections]
    return report
