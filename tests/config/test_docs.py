"""The documentation says what is there: every setting, every link, every test and every subscriber that it names."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

from config.home import documents
from events import catalogue

ROOT = Path(settings.BASE_DIR)
FILES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def links() -> Iterator[tuple[str, str]]:
    """From each page, everything that it links to on this site."""
    for page in documents.pages():
        for target in re.findall(r'href="([^"]+)"', documents.read(page.name).html):
            if not re.match(r"https?:|mailto:", target):
                yield page.url, target


def test_every_variable_that_is_read_is_documented() -> None:
    read = "".join((ROOT / "config" / name).read_text() for name in ("settings.py", "options.py"))
    names = set(re.findall(r'(?:env\.\w+|one_of|required)\(\s*"([A-Z_]+)"', read))
    documented = (ROOT / "docs" / "settings.md").read_text()
    assert len(names) > 50
    assert sorted(name for name in names if f"`{name}`" not in documented) == []
    said = set(re.findall(r"`([A-Z][A-Z_]{3,})`", documented))
    assert sorted(name for name in said if name not in read and name.lower() not in read) == []


def test_every_link_leads_to_a_page_and_to_its_part() -> None:
    parts = {page.url: set(re.findall(r'id="([^"]+)"', documents.read(page.name).html)) for page in documents.pages()}
    parts[reverse("event-catalogue")] = set()
    found = list(links())
    assert len(found) > 20
    for page, target in found:
        url, _, part = target.partition("#")
        assert (url or page) in parts, f"{page} links to {target}"
        assert not part or part in parts[url or page], f"{page} links to {target}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_file_that_is_named_exists(file: Path) -> None:
    for name in re.findall(r"`((?:tests|benchmarks|events|shop|tasks|config|docs)/[\w./*-]*)`", file.read_text()):
        assert list(ROOT.glob(name.rstrip("/"))), f"{file.name} names {name}"


def test_every_subscriber_of_an_order_is_explained_and_none_that_is_not_there() -> None:
    text = (ROOT / "docs" / "shop.md").read_text()
    modules = "|".join(sorted(path.stem for path in (ROOT / "tasks").glob("*.py")))
    events = {event_type.event_name for event_type in catalogue.event_types()}
    named = set(re.findall(rf"`((?:{modules})\.\w+)`", text)) - events - set(settings.CELERY_BEAT_SCHEDULE)
    subscribers = {subscriber.name: subscriber.wanted_names for subscriber in catalogue.subscribers()}
    assert sorted(named - set(subscribers)) == []
    of_orders = {name for name, wanted in subscribers.items() if any(one.startswith("order.") for one in wanted or [])}
    of_orders = {name for name in of_orders if not name.startswith("sagas.")}  # steps of one of those
    assert sorted(of_orders - named) == []
