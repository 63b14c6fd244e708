"""The parts of a product, one file per kind: each holds its field of documents, how it is shown, and how it is written.

A new kind of part is one new file here with a `PART`, besides its tables.
"""

from importlib import import_module
from pkgutil import iter_modules

from shop.catalog.parts.part import Part, Reference


def _found() -> dict[str, Part]:
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    parts = (module.PART for module in modules if hasattr(module, "PART"))
    return {part.name: part for part in parts}


PARTS = _found()

__all__ = ["PARTS", "Part", "Reference"]
