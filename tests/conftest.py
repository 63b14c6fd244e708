"""For all tests: the fixture `events`, how thorough hypothesis is, quick emptying of tables, and reports that every
process can pass on."""

from collections.abc import Generator, Iterator
from typing import Any

import pytest
from django.db.models.signals import post_migrate
from hypothesis import settings

# `make chaos` chooses it with --hypothesis-profile.
settings.register_profile("chaos", max_examples=500, stateful_step_count=80, deadline=None)

pytest_plugins = ["events.testing"]


# What `migrate` makes of the models and no test changes; after each test it would take longer than most tests.
KEPT = {"django_content_type", "auth_permission"}


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """Once the tables are there, content types and permissions stay while tests empty all the others."""
    from django.contrib.contenttypes.management import create_contenttypes
    from django.db.backends.postgresql.operations import DatabaseOperations

    post_migrate.disconnect(create_contenttypes)
    post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")
    sql_flush = DatabaseOperations.sql_flush

    def flush_others(self: Any, style: Any, tables: list[str], **options: Any) -> list[str]:
        return sql_flush(self, style, [table for table in tables if table not in KEPT], **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", flush_others)
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Some errors have text on purpose that is no text, such as half a surrogate pair, and pytest-xdist sends text."""
    report = yield
    report.sections = [(name, text.encode(errors="backslashreplace").decode()) for name, text in report.sections]
    return report
