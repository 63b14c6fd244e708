"""A product as a document: what may be submitted, and what is wrong with it in the words of the reader.

The core is written at once, the parts (see `parts/`) behind the request. On PATCH every field is optional.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from django.conf import settings
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from djmoney.money import Money
from pydantic import AfterValidator, Field, StringConstraints, TypeAdapter, ValidationError, create_model
from pydantic_core import ErrorDetails

from shop.catalog.given import MAX_STOCK, MSGID, PATTERNS, Given, Price, Sku, known_currency
from shop.catalog.models import FALLBACK_LANGUAGE, LONGEST_SLUG
from shop.catalog.parts import PARTS, Part
from shop.errors import InvalidInput

CORE = ("sku", "slug", "price", "currency", "status")
_MOST_ERRORS = 100

#: What pydantic calls an error, and what people are told. The fields in braces are pydantic's.
MESSAGES = {
    "missing": gettext_noop("This field is required."),
    "extra_forbidden": gettext_noop("Unknown field."),
    "string_type": gettext_noop("A text is needed."),
    "string_too_short": gettext_noop("This must not be empty."),
    "string_too_long": gettext_noop("At most {max_length} characters are allowed."),
    "string_pattern_mismatch": gettext_noop("Letters, digits and hyphens only; a SKU may also have dots and blanks."),
    "int_type": gettext_noop("A whole number is needed."),
    "greater_than_equal": gettext_noop("The smallest number allowed is {ge}."),
    "less_than_equal": gettext_noop("The largest number allowed is {le}."),
    "decimal_max_digits": gettext_noop("At most {max_digits} digits are allowed."),
    "decimal_max_places": gettext_noop("At most {decimal_places} decimal places are allowed."),
    "decimal_whole_digits": gettext_noop("At most {whole_digits} digits before the point are allowed."),
    "finite_number": gettext_noop('A number is needed, such as "12.50".'),
    "list_type": gettext_noop("A list is needed."),
    "dict_type": gettext_noop("An object is needed."),
    "model_type": gettext_noop("An object is needed."),
    "model_attributes_type": gettext_noop("An object is needed."),
    "too_long": gettext_noop("At most {max_length} entries are allowed."),
    "too_short": gettext_noop("This must not be empty."),
    "literal_error": gettext_noop("One of these is needed: {expected}."),
}
_ANY_OTHER = gettext_noop("This value is not valid.")


class GivenStock(Given):
    """The stock of a product without variants."""

    available: Annotated[int, Field(ge=0, le=MAX_STOCK)]
    low_at: Annotated[int, Field(ge=0, le=1_000_000)] | None = None


class Core(Given):
    """What is written at once. `currency` beside a price that is an amount alone."""

    sku: Sku
    slug: Annotated[str, StringConstraints(pattern=r"^[-a-zA-Z0-9_]+$", max_length=LONGEST_SLUG)] | None = None
    price: Price
    currency: Annotated[str, AfterValidator(known_currency)] | None = None
    status: Literal["draft", "active", "archived"] = "active"
    stock: GivenStock | None = None

    @property
    def given_parts(self) -> list[str]:
        """The parts that the document has."""
        return [name for name in PARTS if name in self.model_fields_set]

    def part(self, name: str) -> Any:
        """The value of a part; what is absent is empty."""
        return getattr(self, name)

    @property
    def name(self) -> str | None:
        """The core's name is the English one."""
        texts = getattr(self, "translations", None)
        return texts[FALLBACK_LANGUAGE].name if texts else None

    def money(self, before: Money | None = None) -> Money | None:
        """The price, in its own currency, else in that of `before`, else in the shop's; None when none is given."""
        price: Price | None = self.price if "price" in self.model_fields_set else None
        currency = (price and price.currency) or self.currency
        if price is None and currency is None:
            return None
        if price is None:
            return Money(before.amount, currency) if before else None
        return Money(price.amount, currency or (before.currency if before else settings.DEFAULT_CURRENCY))

    def wanted_slug(self) -> str:
        """The slug, else one of the name and the SKU."""
        return self.slug or slugify(f"{(self.name or '')[:80]} {self.sku}")[:LONGEST_SLUG]

    def stored(self) -> dict[str, Any]:
        """As JSON, only what was given."""
        return self.model_dump(mode="json", exclude_unset=True)

    def stored_json(self) -> str:
        """The same as text, in a tenth of the time."""
        return self.model_dump_json(exclude_unset=True)


def _whole(part: Part) -> tuple[Any, Any]:
    if part.name == "translations":
        return part.given, ...
    return part.given, Field(default_factory=lambda: part.nothing)


def _optional(name: str) -> tuple[Any, Any]:
    """Null is no value for it, unless it is for the whole document; only its absence is."""
    return Core.__annotations__[name], None


#: A whole product, for POST and PUT.
Document: type[Core] = create_model(
    "Document",
    __base__=Core,
    __doc__="A product with all its parts.",
    **{part.name: _whole(part) for part in PARTS.values()},
)
#: Some fields of a product, for PATCH.
Changes: type[Core] = create_model(
    "Changes",
    __base__=Core,
    __doc__="The fields and parts of a product to change; a part that is given takes the place of the one before.",
    **{name: _optional(name) for name in ("sku", "price", "status")},
    **{part.name: (part.given, None) for part in PARTS.values()},
)
_PARTS = {name: TypeAdapter(part.given) for name, part in PARTS.items()}


def read_document(data: Any, model: type[Core] = Document) -> Core:
    """The document, typed. Raises InvalidInput with an error per field, in the active language."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)[:_MOST_ERRORS]
        raise InvalidInput([_told(one, data) for one in found]) from None


def read_part(name: str, document: Mapping[str, Any]) -> Any:
    """A part of a stored document; what is absent is empty."""
    if name not in document:
        return PARTS[name].nothing
    return _PARTS[name].validate_python(document[name])


def field_error(where: Sequence[str | int], code: str, detail: str) -> dict[str, Any]:
    """An error of one field, whose place is written as `variants[3].sku`."""
    return {"field": place(where), "code": code, "detail": detail}


def place(where: Sequence[str | int]) -> str:
    """A place in a document, in words."""
    path = ""
    for step in where:
        path += f"[{step}]" if isinstance(step, int) else f".{step[:100]}"
    return path.removeprefix(".")


def _told(error: ErrorDetails, data: Any) -> dict[str, Any]:
    context = error.get("ctx", {})
    message = context.get(MSGID) or PATTERNS.get(context.get("pattern")) or MESSAGES.get(error["type"], _ANY_OTHER)
    return field_error(_where(error["loc"], data), error["type"], _(message).format(**context))


def _where(steps: Sequence[str | int], data: Any) -> list[str | int]:
    """As the sender wrote it: an amount alone, for example, has nothing inside."""
    followed: list[str | int] = []
    for step in steps:
        if not isinstance(data, dict | list) or step == "[key]":
            break
        followed.append(step)
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            break
    return followed
