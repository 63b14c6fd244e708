"""What is written of an event: a JSON Schema that its payloads fit, and one AsyncAPI document of all of them."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from django.db import transaction
from jsonschema import Draft202012Validator
from pydantic import BaseModel, Field

from events.api import Context, Event, Personal, emit, subscriber, upcaster
from events.errors import ExampleUnfit
from events.models import Event as LoggedRow
from events.schemas import DescribedEvent, asyncapi, described_event, described_events
from tests.events.terminal import command


class Wood(StrEnum):
    OAK = "oak"
    ELM = "elm"


class Part(BaseModel):
    sku: str
    weight: Decimal | None = None


def declare_sold(version: int = 1) -> type[Event]:
    """An event with a field of each kind."""

    class ChairSold(
        Event, name="chair.sold", version=version, stream="chair-{chair_id}", person="customer-{customer_id}"
    ):
        """A chair was sold.

        To somebody who
        sat on it first.
        """

        chair_id: int
        customer_id: int
        buyer: Personal[str]
        phone: Personal[str | None] = None
        price: Decimal
        sold_on: date
        sold_at: datetime
        took: timedelta
        key: UUID
        wood: Wood
        kind: Literal["sold"]
        score: float
        part: Part
        parts: list[Part]
        tags: dict[str, str]
        pair: tuple[int, str]
        gift: bool = False
        note: str | None = Field(None, description="What the buyer wrote.")
        number: Annotated[str, Field(examples=["C-42"])]
        few: Annotated[int, Field(ge=5, lt=8)]
        piece_count: int

    return ChairSold


def sold(event_type: type[Event], **changes: Any) -> Event:
    values = {
        "chair_id": 7,
        "customer_id": 3,
        "buyer": "سارة",
        "price": Decimal("12.50"),
        "sold_on": date(2025, 3, 1),
        "sold_at": datetime(2025, 3, 1, 10, 15, tzinfo=UTC),
        "took": timedelta(minutes=3),
        "key": UUID(int=1),
        "wood": Wood.ELM,
        "kind": "sold",
        "score": 0.5,
        "part": Part(sku="leg"),
        "parts": [Part(sku="leg", weight=Decimal(1))],
        "tags": {"room": "kitchen"},
        "pair": (1, "one"),
        "number": "C-7",
        "few": 5,
        "piece_count": 1,
    }
    return event_type.model_validate(values | changes)


def sales_of(event_type: type[Event]) -> None:
    """Two subscribers."""

    @subscriber(event_type, name="sales.count", ordered=True)
    def count(event: Event) -> None:
        """Twice is once: the row and its delivery
        are one transaction.

        More about it.
        """

    @subscriber(Event, name="papers.print", effects="external", queue="slow")
    def print_paper(event: Event, context: Context) -> None:
        """The printer knows the key."""


def accepts(schema: dict[str, Any], payload: Any) -> bool:
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return validator.is_valid(payload)


@pytest.mark.django_db
@pytest.mark.parametrize("changes", [{}, {"phone": "123", "note": "soon", "gift": True}, {"buyer": ""}])
def test_the_schema_takes_what_the_log_has(changes: dict[str, Any]) -> None:
    event_type = declare_sold()
    with transaction.atomic():
        emit(sold(event_type, **changes))
    payload = LoggedRow.objects.get().payload
    schema = DescribedEvent(event_type).schema
    assert accepts(schema, payload)
    for broken in (
        {"chair_id": "seven"},
        {"unknown": 1},
        {"wood": "ash"},
        {"few": 8},
        {"sold_on": "tomorrow"},
        {"part": {}},
        {"buyer": {"$sealed": "x", "person": "customer-3", "field": "phone"}},
    ):
        assert not accepts(schema, payload | broken), broken
    del payload["number"]
    assert not accepts(schema, payload)


def test_the_example_is_one_and_the_same_every_time() -> None:
    described = DescribedEvent(declare_sold())
    assert accepts(described.schema, described.example)
    assert described.example == DescribedEvent(described.event_type).example
    assert described.example["number"] == "C-42"
    assert described.example["few"] == 5
    assert described.example["chair_id"] == 42
    assert described.example["wood"] == "oak"
    assert described.example["part"] == {"sku": "sku", "weight": "19.99"}
    assert described.example["buyer"].keys() == {"$sealed", "person", "field"}
    assert described.example["buyer"]["person"] == "customer-42"


def test_an_example_that_does_not_fit_is_refused_with_the_event_and_what_to_do(tmp_path: Path) -> None:
    class Coded(Event, name="box.coded", stream="box-{box_id}"):
        box_id: int
        code: Annotated[str, Field(pattern="^[0-9]{4}$")]

    with pytest.raises(ExampleUnfit, match=r"box\.coded version 1 does not fit.*examples=\["):
        _ = DescribedEvent(Coded).schema
    ended = command("schema", "--directory", tmp_path)
    assert ended.code == 2
    assert "box.coded" in ended.err
    assert list(tmp_path.iterdir()) == []


def test_the_schema_says_what_the_event_is_and_where_it_comes_from() -> None:
    schema = DescribedEvent(declare_sold()).schema
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["description"] == "A chair was sold.\n\nTo somebody who sat on it first."
    assert (schema["x-event"], schema["x-version"]) == ("chair.sold", 1)
    assert (schema["x-stream"], schema["x-person"]) == ("chair-{chair_id}", "customer-{customer_id}")
    assert schema["x-declared-by"] == "tests.events"
    assert schema["properties"]["note"]["description"] == "What the buyer wrote."
    personal = [name for name, field in schema["properties"].items() if field.get("x-personal")]
    assert personal == ["buyer", "phone"]


def test_an_event_without_a_docstring_is_not_described_by_another_ones() -> None:
    class Bare(Event, name="box.bare", stream="box-{box_id}"):
        box_id: int

    assert "description" not in DescribedEvent(Bare).schema


def test_the_newest_version_says_which_older_ones_are_read_as_it() -> None:
    upcaster("chair.sold", version=1)(lambda payload: payload)
    upcaster("chair.sold", version=2)(lambda payload: payload)
    declare_sold(version=3)
    assert described_event("chair.sold").older_versions == [1, 2]  # type: ignore[union-attr]
    assert described_event("chair.bought") is None


def targets(node: Any) -> list[str]:
    """Everything that a document refers to."""
    if isinstance(node, list):
        return [target for one in node for target in targets(one)]
    if not isinstance(node, dict):
        return []
    own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
    return own + [target for one in node.values() for target in targets(one)]


def looked_up(document: Any, pointer: str) -> Any:
    for part in pointer.removeprefix("#/").split("/"):
        document = document[part]
    return document


def test_everything_that_the_document_refers_to_is_there(tmp_path: Path) -> None:
    sales_of(declare_sold())
    command("schema", "--directory", tmp_path)
    document = json.loads((tmp_path / "asyncapi.json").read_text())
    found = targets(document)
    assert len(found) > 8
    for target in found:
        if target.startswith("#"):
            assert isinstance(looked_up(document, target), dict)
        else:
            assert (tmp_path / target).is_file()
    for operation in document["operations"].values():
        of_channel = looked_up(document, operation["channel"]["$ref"])["messages"]
        assert {message["$ref"].rpartition("/")[2] for message in operation["messages"]} <= of_channel.keys()


def test_the_document_says_who_emits_and_who_subscribes_and_how() -> None:
    sales_of(declare_sold())
    document = asyncapi(described_events())
    assert document["asyncapi"] == "3.0.0"
    channel = document["channels"]["chair-chair_id"]
    assert channel["address"] == "chair-{chair_id}"
    assert channel["parameters"] == {"chair_id": {"location": "$message.payload#/chair_id"}}
    sends, prints, counts = document["operations"].values()
    assert sends["action"] == "send"
    assert "tests.events" in sends["summary"]
    assert (prints["action"], prints["x-subscriber"], prints["x-effects"], prints["x-ordered"], prints["x-queue"]) == (
        "receive", "papers.print", "external", False, "slow",
    )  # fmt: skip
    assert (counts["x-subscriber"], counts["x-effects"], counts["x-ordered"]) == ("sales.count", "database", True)
    assert counts["summary"] == "Twice is once: the row and its delivery are one transaction."
    message = document["components"]["messages"]["chair.sold.v1"]
    assert message["x-subscribers"] == ["papers.print", "sales.count"]
    assert message["summary"] == "A chair was sold."
    (example,) = message["examples"]
    assert accepts(DescribedEvent(described_events()[0].event_type).schema, example["payload"])


def test_the_headers_are_what_a_message_carries_beside_the_payload() -> None:
    event_type = declare_sold()
    headers = asyncapi([DescribedEvent(event_type)])["components"]["schemas"]["headers"]
    assert {"id", "position", "stream", "correlation_id", "causation_id", "actor"} <= headers["properties"].keys()
    assert "payload" not in headers["properties"]
    assert set(headers["required"]) == set(headers["properties"])


def test_a_document_of_other_payloads_has_another_version() -> None:
    def version_of(event_type: type[Event]) -> str:
        return asyncapi([DescribedEvent(event_type)])["info"]["version"]

    assert version_of(declare_sold()) == version_of(declare_sold())
    assert version_of(declare_sold()) != version_of(declare_sold(version=2))
