"""What can go wrong with an import.

ImportsError
├── BadFile         the file cannot be read; says where
├── BadPictures     the pictures are neither a directory nor a tar archive
├── BadRow          one product of the file cannot be imported; says why
└── NoCurrency      the source has no currency and none was given
"""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from shop.errors import ShopError


class ImportsError(ShopError):
    """Products could not be imported."""


class BadFile(ImportsError):
    """The file has errors; nothing was imported."""

    message: ClassVar[str] = "{path} cannot be read, and nothing was imported.\n{problems}"

    def __init__(self, path: Path, problems: Sequence[str]) -> None:
        super().__init__(path=path, problems="\n".join(f"  {problem}" for problem in problems))


class BadPictures(ImportsError):
    """No pictures there."""

    message: ClassVar[str] = "{path} has no pictures: it is neither a directory nor a tar archive that can be read."


class BadRow(ImportsError):
    """The product is left out, and nothing of it is written. `why` may have several lines."""

    message: ClassVar[str] = "{why}"

    def __init__(self, why: str) -> None:
        super().__init__(why=why)


class NoCurrency(BadRow):
    """A price without a currency."""

    def __init__(self) -> None:
        super().__init__("price: the file names no currency; say --currency GBP")
