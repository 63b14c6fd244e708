"""What submitted values are made of: strict types whose errors `document.py` puts into the words of the reader."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext_noop
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

T = TypeVar("T")
MAX_STOCK = 1_000_000_000
#: Under which name an error carries its message before it was translated.
MSGID = "msgid"
#: In the schema of a model: how else its value may be written.
ALSO = "x-also"
# Checked inside pydantic, which costs a tenth of a function of ours.
_ONE_LINE = r"^[^\x00-\x1f\x7f]*$"
_LINES = r"^[^\x00-\x08\x0b-\x1f\x7f]*$"
_NO_CONTROL = gettext_noop("Control characters are not allowed.")
#: What people are told about a text that does not match.
PATTERNS = {_ONE_LINE: _NO_CONTROL, _LINES: _NO_CONTROL}


class Given(BaseModel):
    """Exact types, no unknown fields, and nothing is changed once it is read."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def problem(code: str, message: str, **data: Any) -> PydanticCustomError:
    """A refusal. The message is an English msgid; it is translated when the error is shown."""
    return PydanticCustomError(code, message, {**data, MSGID: message})  # type: ignore[arg-type]


def _one_kind_of_newline(text: Any) -> Any:
    return text.replace("\r\n", "\n") if isinstance(text, str) else text


def line(longest: int) -> Any:
    """The type of one line of text."""
    return Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=longest, pattern=_ONE_LINE)]


Paragraphs = Annotated[
    str,
    BeforeValidator(_one_kind_of_newline),
    StringConstraints(strip_whitespace=True, max_length=10_000, pattern=_LINES),
]
Code = Annotated[str, StringConstraints(pattern=r"^[\w-]+$", min_length=1, max_length=100)]
Sku = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9._ -]*[A-Za-z0-9])?$", max_length=64)]
Name = line(255)


def _exact(value: Any) -> Any:
    """A decimal as text or as a JSON number; never through a float's binary digits."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal) or len(str(value)) > 50:
        raise problem("decimal", gettext_noop('A number is needed, such as "12.50".'))
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise problem("decimal", gettext_noop('A number is needed, such as "12.50".')) from None


def _written(whole: int, places: int) -> WithJsonSchema:
    """How a number is described: as text, or as a JSON number."""
    pattern = rf"^\d{{1,{whole}}}(\.\d{{1,{places}}})?$"
    numbers = {"type": "number", "minimum": 0, "maximum": 10**whole - 1}
    return WithJsonSchema({"anyOf": [{"type": "string", "pattern": pattern}, numbers]})


Amount = Annotated[
    Decimal, BeforeValidator(_exact), Field(ge=0, max_digits=14, decimal_places=2), _written(whole=12, places=2)
]
Measure = Annotated[
    Decimal, BeforeValidator(_exact), Field(ge=0, max_digits=10, decimal_places=3), _written(whole=7, places=3)
]
Share = Annotated[
    Decimal, BeforeValidator(_exact), Field(ge=0, le=100, max_digits=5, decimal_places=2), _written(whole=2, places=2)
]


def known_currency(currency: str) -> str:
    """Refuse currencies that the shop does not take."""
    if currency not in settings.CURRENCIES:
        raise problem(
            "currency", gettext_noop("Unknown currency. Known: {known}."), known=", ".join(settings.CURRENCIES)
        )
    return currency


class Price(Given):
    """An amount of money; without a currency, in the product's, else in the shop's. Also given as the amount alone."""

    model_config = ConfigDict(json_schema_extra={ALSO: [{"type": "string"}, {"type": "number"}]})

    amount: Amount
    currency: Annotated[str, AfterValidator(known_currency)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _amount_alone(cls, value: Any) -> Any:
        return value if isinstance(value, dict | Price) else {"amount": value}


def known_languages(texts: Any) -> Any:
    """Refuse languages that the shop does not have."""
    known = [code for code, _name in settings.LANGUAGES]
    if isinstance(texts, dict) and not set(texts) <= set(known):
        raise problem("language", gettext_noop("Unknown language. Known: {known}."), known=", ".join(known))
    return texts


#: Something in each language, by language code: `Translations[Named]`.
Translations = Annotated[dict[str, T], BeforeValidator(known_languages)]


class Named(Given):
    """A name in one language."""

    name: Name


class Titled(Given):
    """A title in one language."""

    title: Name


def _uuid(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return UUID(value)
        except ValueError:
            pass
    if isinstance(value, UUID):
        return value
    raise problem("upload", gettext_noop("The id of an upload is needed."))


UploadId = Annotated[UUID, BeforeValidator(_uuid)]


def _inside_products(path: str) -> str:
    if not path.startswith("products/") or ".." in path.split("/") or "\\" in path:
        raise problem("path", gettext_noop("A path below products/ in the media storage is needed."))
    return path


class GivenFile(Given):
    """A file: the id of an upload, or the path of a file that is in the media storage already."""

    upload: UploadId | None = None
    path: Annotated[line(255), AfterValidator(_inside_products)] | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "GivenFile":
        if (self.upload is None) == (self.path is None):
            raise problem("file", gettext_noop("Give either the upload or the path."))
        return self


Alternatives = Translations[line(500)]  # type: ignore[misc]


def unique(values: list[Any], *path: str) -> None:
    """Refuse a list in which two have the same value under that name."""
    seen: set[Any] = set()
    for index, value in enumerate(values):
        key = getattr(value, path[0]) if path else value
        if key in seen:
            raise problem(
                "repeated",
                gettext_noop("{value} is given twice, the second time at position {index}."),
                value=str(key),
                index=index,
            )
        seen.add(key)


def no_repeats(*path: str) -> AfterValidator:
    """That no two entries of a list are alike, or have the same value under that name."""

    def check(values: list[Any]) -> list[Any]:
        unique(values, *path)
        return values

    return AfterValidator(check)


def plain(texts: Mapping[str, Given]) -> dict[str, dict[str, Any]]:
    """Texts by language, as columns by language."""
    return {language: text.model_dump() for language, text in texts.items()}
