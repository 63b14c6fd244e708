"""From a product of another system to the document of ours. Pure: what it must know is in `Making`."""

from shop.imports.converting.belonging import shelves
from shop.imports.converting.keys import keys_of
from shop.imports.converting.making import Choices, Making
from shop.imports.converting.whole import convert

__all__ = ["Choices", "Making", "convert", "keys_of", "shelves"]
