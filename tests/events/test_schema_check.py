"""A change that the log could not be read with needs a new version, and `events schema --check` says so."""

import json
from datetime import date
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, create_model

from events import catalogue
from events.api import Event, Personal, upcaster
from events.schemas.narrowing import narrowings
from events.schemas.payloads import payload_schema, resolved
from tests.events.terminal import Ended, command


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Size(BaseModel):
    width: int
    depth: int | None = None


class Line(BaseModel):
    model_config = {"extra": "forbid"}
    sku: str


class LineWithPrice(BaseModel):
    sku: str
    price: Decimal


class Branch(BaseModel):
    branches: list["Branch"] = []


def declare(version: int = 1, stream: str = "chair-{chair_id}", name: str = "chair.sold", **fields: Any) -> type[Event]:
    """An event with an id and these fields, as pydantic's create_model takes them."""
    keywords = {"name": name, "version": version, "stream": stream}
    if any("Mark" in repr(field) for field in fields.values()):
        keywords["person"] = "owner-{chair_id}"
    return create_model("ChairSold", __base__=Event, __cls_kwargs__=keywords, chair_id=(int, ...), **fields)


def field_schema(kind: Any) -> dict[str, Any]:
    with catalogue.scratch(empty=True):
        return resolved(payload_schema(declare(value=(kind, ...))))["properties"]["value"]


def schema(directory: Path, *words: str) -> Ended:
    return command("schema", "--directory", directory, *words)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """The schemas of an event with three fields, in a directory of their own."""
    with catalogue.scratch(empty=True):
        declare(colour=(Colour, ...), price=(Decimal, ...), note=(str, ""))
        assert schema(tmp_path).code == 0
    return tmp_path


FINE = {"colour": (Colour, ...), "price": (Decimal, ...), "note": (str, "")}


def test_what_was_just_written_is_as_the_code_says(written: Path) -> None:
    declare(**FINE)
    assert schema(written, "--check").code == 0
    assert schema(written, "--check", "--json").json == {"breaks": [], "changed": [], "written": False}


@pytest.mark.parametrize(
    ("fields", "field", "why"),
    [
        ({"price": None}, "price", "is gone"),
        ({"price": (int, ...)}, "price", "was string and is integer"),
        ({"price": (float, ...)}, "price", "was string and is number"),
        ({"price": (date, ...)}, "price", "was decimal and is date"),
        ({"note": (str, ...)}, "note", "was optional and is required"),
        ({"note": (Decimal, Decimal(0))}, "note", "was string and is decimal"),
        ({"note": (Annotated[str, Field(max_length=9)], "")}, "note", "has maxLength 9 from now on"),
        ({"colour": (Literal["red"], ...)}, "colour", "does not take 'blue' any more"),
        ({"weight": (int, ...)}, "weight", "is new and required"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_break_is_refused_with_the_event_the_field_and_what_to_do(
    written: Path, fields: dict[str, Any], field: str, why: str
) -> None:
    declare(**{name: kind for name, kind in (FINE | fields).items() if kind})
    before = (written / "chair.sold.v1.json").read_text()
    for words in (["--check"], []):
        ended = schema(written, *words)
        assert ended.code == 2
        assert f"chair.sold version 1, field {field}: {why}." in ended.out
        assert '@upcaster("chair.sold", version=1)' in ended.out
    assert (written / "chair.sold.v1.json").read_text() == before, "a break must not be written over"
    (one,) = schema(written, "--check", "--json").json["breaks"]
    assert (one["event"], one["version"], one["field"], one["why"]) == ("chair.sold", 1, field, why)


def test_another_stream_is_a_break(written: Path) -> None:
    declare(stream="seat-{chair_id}", **FINE)
    ended = schema(written, "--check")
    assert ended.code == 2
    assert "the stream was chair-{chair_id} and is seat-{chair_id}" in ended.out


def test_another_name_is_a_break_and_the_new_one_is_pointed_out(written: Path) -> None:
    declare(name="stool.sold", **FINE)
    ended = schema(written, "--check")
    assert ended.code == 2
    assert "chair.sold version 1: the log may have it, and no class declares it any more" in ended.out
    assert "it looks as if it was renamed to 'stool.sold'" in ended.out
    assert "delete chair.sold.v1.json" in ended.out


def test_a_new_version_needs_a_way_from_the_old_one(written: Path) -> None:
    declare(version=2, colour=(Colour, ...))
    ended = schema(written, "--check")
    assert ended.code == 2
    assert "no upcaster leads from it to version 2" in ended.out
    upcaster("chair.sold", version=1)(lambda payload: payload)
    assert schema(written, "--check").code == 1
    assert schema(written).code == 0
    assert {path.name for path in written.iterdir()} == {"chair.sold.v1.json", "chair.sold.v2.json", "asyncapi.json"}
    assert schema(written, "--check").code == 0


def test_the_upcaster_is_needed_for_as_long_as_the_file_is_there(written: Path) -> None:
    with catalogue.scratch():
        declare(version=2, colour=(Colour, ...))
        upcaster("chair.sold", version=1)(lambda payload: payload)
        schema(written)
    declare(version=2, colour=(Colour, ...))
    assert schema(written, "--check").code == 2


def test_the_old_class_may_stay_beside_the_new_one(written: Path) -> None:
    declare(**FINE)
    declare(version=2, colour=(Colour, ...))
    assert schema(written, "--check").code == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"weight": (int | None, None)},
        {"colour": (str, ...)},
        {"price": (Decimal | None, ...)},
        {"price": (Decimal, Decimal(1))},
        {"price": (Decimal, Field(description="With tax."))},
    ],
    ids=["new with a default", "wider", "may be null", "has a default", "described"],
)
def test_a_change_that_breaks_nothing_is_only_out_of_date(written: Path, fields: dict[str, Any]) -> None:
    declare(**FINE | fields)
    ended = schema(written, "--check")
    assert ended.code == 1
    assert "chair.sold.v1.json" in ended.out
    assert "manage.py events schema" in ended.err
    assert schema(written).code == 0
    assert schema(written, "--check").code == 0


def test_a_new_event_is_out_of_date_and_a_missing_directory_is_too(written: Path, tmp_path: Path) -> None:
    declare(**FINE)
    declare(name="stool.sold")
    assert schema(written, "--check").code == 1
    assert schema(tmp_path / "none", "--check").code == 1
    assert not (tmp_path / "none").exists()


def test_every_break_of_every_event_is_told_at_once(written: Path) -> None:
    declare(stream="seat-{chair_id}", colour=(int, ...), weight=(int, ...))
    found = schema(written, "--check", "--json").json["breaks"]
    assert [one["field"] for one in found] == ["", "colour", "price", "note", "weight"]


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_file_that_is_no_schema_is_named(written: Path, text: str) -> None:
    declare(**FINE)
    (written / "chair.sold.v1.json").write_text(text)
    ended = schema(written, "--check")
    assert ended.code == 2
    assert "chair.sold.v1.json is no JSON Schema" in ended.err


def test_a_field_that_becomes_personal_is_readable_and_one_that_was_is_not_plain_again(tmp_path: Path) -> None:
    with catalogue.scratch(empty=True):
        declare(name_of_owner=(str, ""))
        schema(tmp_path)
    with catalogue.scratch(empty=True):
        declare(name_of_owner=(Personal[str], ""))
        assert schema(tmp_path, "--check").code == 1
        schema(tmp_path)
        assert json.loads((tmp_path / "chair.sold.v1.json").read_text())["properties"]["name_of_owner"]["x-personal"]
    declare(name_of_owner=(str, ""))
    found = {one["field"]: one["why"] for one in schema(tmp_path, "--check", "--json").json["breaks"]}
    assert found == {
        "": "the person it is about was owner-{chair_id} and is None",
        "name_of_owner": "was object and is string",
    }


WIDER: list[tuple[Any, Any]] = [
    (int, float),
    (int, int | str),
    (Colour, Literal["red", "blue", "green"]),
    (Literal["red"], Colour),
    (Literal["red"], str),
    (date, str),
    (list[int], list[int | None]),
    (Line, dict[str, str]),
    (int | None, int | str | None),
    (Annotated[int, Field(ge=1, le=9)], Annotated[int, Field(ge=0)]),
    (Annotated[Decimal, Field(ge=1)], Decimal),
    (tuple[int, str], tuple[int, str]),
    (Size, Any),
]


@pytest.mark.parametrize(("old", "new"), WIDER, ids=str)
def test_what_is_wider_breaks_nothing_and_the_other_way_round_does(old: Any, new: Any) -> None:
    assert narrowings(field_schema(old), field_schema(new)) == []
    if old != new:
        assert narrowings(field_schema(new), field_schema(old)) != []


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        (list[Line], list[LineWithPrice], "[].price"),
        (list[LineWithPrice], list[Size], "[].width"),
        (dict[str, int], dict[str, str], ".*"),
        (int, Annotated[int, Field(ge=0)], ""),
        (Decimal, Annotated[Decimal, Field(ge=0)], ""),
        (Annotated[int, Field(le=9)], Annotated[int, Field(le=8)], ""),
        (str, Annotated[str, Field(pattern="^a")], ""),
        (tuple[int, str], tuple[int, int], ""),
        (int, None, ""),
    ],
    ids=str,
)
def test_what_is_narrower_is_found_where_it_is(old: Any, new: Any, field: str) -> None:
    assert field in {one.field for one in narrowings(field_schema(old), field_schema(new))}


def test_a_type_that_contains_itself_is_compared_to_its_end() -> None:
    assert narrowings(field_schema(Branch), field_schema(Branch)) == []
    assert narrowings(field_schema(Branch), field_schema(Line)) != []
