"""What converting needs to know about the file and the shop, and where it notes what it met."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.text import slugify

from shop.catalog.models import FALLBACK_LANGUAGE
from shop.imports.notes import Note
from shop.imports.texts import in_languages, is_html, language_code, one_line, plain_text

Texts = Mapping[str, str]
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Choices:
    """Of whoever imports. `stock` is what a product has in stock whose source does not say."""

    languages: tuple[str, ...]
    currency: str = ""
    stock: int = 0


@dataclass(slots=True)
class Making:
    """One import: `keys` has SKU and name for each source id; `has_picture` knows the files that are there."""

    choices: Choices
    keys: Mapping[str, "Key"] = field(default_factory=dict)
    has_picture: Callable[[str], bool] = lambda _path: False
    notes: Counter[Note] = field(default_factory=Counter)
    skipped_languages: Counter[str] = field(default_factory=Counter)

    def note(self, note: Note, count: int = 1) -> None:
        """Count it."""
        if count:
            self.notes[note] += count

    def names(self, given: Texts, code: str = "") -> dict[str, str]:
        """Texts on one line, by language; made of the code where there are none at all."""
        if not given and code:
            self.note(Note.CODE_AS_NAME)
            return {FALLBACK_LANGUAGE: from_code(code)}
        return self._chosen(given, one_line, needs_english=True)

    def named(self, given: Texts, code: str = "") -> dict[str, Document]:
        """The same as documents have it."""
        return {language: {"name": name} for language, name in self.names(given, code).items()}

    def lines(self, given: Texts) -> dict[str, str]:
        """Texts on one line that may be there in any of the languages alone."""
        return self._chosen(given, one_line)

    def texts(self, given: Texts) -> dict[str, str]:
        """Texts of several lines, by language."""
        return self._chosen(given, plain_text)

    def _chosen(self, given: Texts, clean: Callable[[str], str], needs_english: bool = False) -> dict[str, str]:
        given = {code: text for code, text in given.items() if text.strip()}
        chosen = in_languages(given, self.choices.languages)
        unknown = [code for code in given if language_code(code).partition("-")[0] not in self.choices.languages]
        if given and (not chosen or (needs_english and FALLBACK_LANGUAGE not in chosen)):
            self.note(Note.SUBSTITUTE)
            first, *_others = given
            chosen = {FALLBACK_LANGUAGE: given[first], **chosen}
            unknown = [code for code in unknown if code != first]
        self.note(Note.LANGUAGE, len(unknown))
        self.skipped_languages.update(unknown)
        self.note(Note.HTML, sum(is_html(text) for text in chosen.values()))
        return {code: clean(text) for code, text in chosen.items()}


@dataclass(frozen=True, slots=True)
class Key:
    """Under which SKU a product of the file is in the shop, and whether its name has to tell it from another."""

    sku: str
    same_name: bool = False


def code_of(text: Any) -> str:
    """`product.pa_color` and `Matte Black` as codes: small letters, digits and hyphens."""
    return slugify(
        str(text).replace(".", "-").replace(":", "-").replace("_", "-").replace("/", "-"), allow_unicode=False
    )


def from_code(code: str) -> str:
    """`en:sweet-spreads` as people read it: `Sweet spreads`."""
    text = code.partition(":")[2] or code
    return text.replace("-", " ").replace("_", " ").strip().capitalize() or code
