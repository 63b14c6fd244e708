"""The event catalogue: every event of the project for people, and its files for programs."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from jsonschema import Draft202012Validator

from config.home.event_pages import type_words
from events import catalogue
from events.api import Event, Personal, subscriber, upcaster
from tests.recording import is_ours

pytestmark = pytest.mark.django_db


def test_every_event_is_listed_and_has_a_page_with_its_files(client: Client) -> None:
    text = client.get("/docs/events/").content.decode()
    names = {one.event_name for one in catalogue.event_types() if is_ours(one)}
    assert len(names) > 20
    for name in names:
        assert f'href="/docs/events/{name}/"' in text
        assert client.get(f"/docs/events/{name}/").status_code == 200


def test_events_are_grouped_by_the_part_that_declares_them_and_named_in_the_language_of_the_visitor(
    client: Client,
) -> None:
    text = client.get("/docs/events/").content.decode()
    orders = text[text.index('id="shoporders"') :]
    assert orders.index("Orders") < orders.index("order.placed") < orders.index("A customer&#x27;s order was accepted.")
    arabic = client.get("/docs/events/", headers={"accept-language": "ar"}).content.decode()
    assert "الطلبات" in arabic
    assert '<p lang="en" dir="ltr">A customer&#x27;s order was accepted.' in arabic


@pytest.fixture
def sold() -> Iterator[type[Event]]:
    """An event with everything that its page may say."""
    with catalogue.scratch(empty=True):

        class ChairSold(Event, name="chair.sold", version=2, stream="chair-{chair_id}", person="customer-{buyer_id}"):
            """A chair was sold, <b>cheaply</b>."""

            chair_id: int
            buyer_id: int
            buyer: Personal[str]
            tags: list[str] = []

        upcaster("chair.sold", version=1)(lambda payload: payload)

        @subscriber(ChairSold, name="sales.count", ordered=True, queue="slow")
        def count(event: ChairSold) -> None:
            """Twice is once: it counts to one."""

        @subscriber(ChairSold, name="sales.call", effects="external")
        def call(event: ChairSold) -> None:
            pass

        yield ChairSold


def test_the_page_of_an_event_says_who_emits_it_what_it_says_and_who_waits(client: Client, sold: type[Event]) -> None:
    text = " ".join(client.get("/docs/events/chair.sold/").content.decode().split())
    for part in (
        "version 2",
        "A chair was sold, &lt;b&gt;cheaply&lt;/b&gt;.",
        '<code dir="ltr">chair-{chair_id}</code>',
        '<code dir="ltr">tests.config</code>',
        '<code dir="ltr">customer-{buyer_id}</code>',
        "read as this one</dt><dd>1</dd>",
        "sales.count",
        "Twice is once: it counts to one.",
        "exactly once",
        "at least once",
        "in order",
        "&quot;chair_id&quot;: 42",
        'href="/docs/events/chair.sold.v2.json"',
    ):
        assert part in text, part
    rows = dict(zip(sold.model_fields, text.split("<tr>")[2:], strict=True))
    assert "personal" in rows["buyer"]
    assert ">string<" in rows["buyer"]
    assert ">yes<" in rows["buyer"]
    assert ">string[]<" in rows["tags"]
    assert ">no<" in rows["tags"]
    assert "personal" not in rows["tags"]


def test_an_event_for_which_nobody_waits_has_a_page_too(client: Client) -> None:
    with catalogue.scratch(empty=True):

        class Bare(Event, name="box.bare", stream="box-{box_id}"):
            box_id: int

        assert b"Nobody waits for it" in client.get("/docs/events/box.bare/").content


def test_the_files_are_those_that_the_command_writes(client: Client, sold: type[Event]) -> None:
    document = client.get("/docs/events/asyncapi.json")
    assert document.headers["Content-Type"] == "application/json"
    payload = document.json()["components"]["messages"]["chair.sold.v2"]["payload"]["$ref"]
    schema = client.get(f"/docs/events/{payload.removeprefix('./')}").json()
    assert schema["x-event"] == "chair.sold"
    assert json.loads(document.content)["asyncapi"] == "3.0.0"


@pytest.mark.parametrize(
    "path", ["none/", "order.placed.v99.json", "..%2f..%2fmanage.json", f"{'x' * 5000}/", "x%00/", "order.placed.json"]
)
def test_what_is_no_event_is_not_found(path: str, client: Client) -> None:
    assert client.get(f"/docs/events/{path}").status_code == 404


@pytest.mark.parametrize("path", ["", "order.placed/", "asyncapi.json"])
def test_the_pages_are_open_to_all_like_the_documentation_and_only_answer_reading(path: str, client: Client) -> None:
    answer = client.get(f"/docs/events/{path}")
    assert answer.status_code == 200
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert client.post(f"/docs/events/{path}").status_code == 405


def test_the_catalogue_is_linked_from_the_home_page_and_the_documentation(client: Client) -> None:
    for path in ("/", "/docs/", "/docs/events/order.placed/"):
        assert 'href="/docs/events/"' in client.get(path).content.decode()


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "integer"}, "integer"),
        ({"anyOf": [{"type": "string", "format": "decimal"}, {"type": "null"}]}, "decimal | null"),
        ({"type": "array", "items": {"type": "string"}}, "string[]"),
        ({"enum": ["a", "b"], "type": "string"}, '"a" | "b"'),
        ({"const": 1}, "1"),
        ({"type": "object", "properties": {}, "title": "Line"}, "Line"),
        ({"type": "object", "additionalProperties": {"type": "string"}}, "object"),
        ({}, "any"),
    ],
)
def test_a_type_is_said_in_few_signs(schema: dict, words: str) -> None:
    assert type_words(schema) == words


def test_the_committed_files_are_what_the_code_says() -> None:
    """In a process of its own, because tests declare events as well."""
    checked = subprocess.run(
        [sys.executable, "manage.py", "events", "schema", "--check"],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize(
    "path", sorted((settings.BASE_DIR / "docs" / "events").glob("*.v*.json")), ids=lambda one: one.stem
)
def test_a_committed_schema_is_one_and_takes_its_example(path: Path) -> None:
    schema = json.loads(path.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    for example in schema["examples"]:
        validator.validate(example)
    assert path.name == f"{schema['x-event']}.v{schema['x-version']}.json"
