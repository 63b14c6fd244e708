"""The compiled translations, which a fresh machine has no tool to make, are those of the text files beside them."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.conf import settings

FILES = [
    file for file in Path(settings.BASE_DIR).glob("**/locale/*/LC_MESSAGES/django.po") if ".venv" not in file.parts
]


def _messages(catalog: Catalog) -> dict[tuple[str, ...], tuple[str, ...]]:
    """By singular and plural, as both formats can be compared."""
    return {_forms(message.id): _forms(message.string) for message in catalog if message.id}


def _forms(text: str | Sequence[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(settings.BASE_DIR)))
def test_what_is_compiled_is_what_is_written_and_nothing_is_missing(file: Path) -> None:
    with file.open("rb") as text, file.with_suffix(".mo").open("rb") as binary:
        written, compiled = _messages(read_po(text)), _messages(read_mo(binary))
    assert not [message for message, translation in written.items() if not all(translation)]
    assert compiled == written


def test_there_are_translations() -> None:
    assert len(FILES) == 2
