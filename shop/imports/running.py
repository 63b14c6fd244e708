"""One import: from a file to what became of its products. What the command does, but for words and exit codes."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.db import transaction

from events.api import Stretch, acting_as, last_position
from shop.errors import InvalidInput
from shop.imports.converting import Choices, Making, convert, keys_of, shelves
from shop.imports.counting import of_document, of_source
from shop.imports.errors import BadRow
from shop.imports.importing import Job, Manner, Outcome, import_product, relate
from shop.imports.reading import SourceProduct

#: Told how many are done, and of how many.
Advance = Callable[[int, int], None]


@dataclass(slots=True)
class Imported:
    """What became of a file. `problems` has the reasons by place; `jobs` what is in the shop now, changed or not."""

    making: Making
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    problems: dict[str, list[str]] = field(default_factory=dict)
    jobs: list[Job] = field(default_factory=list)
    in_file: Counter[str] = field(default_factory=Counter)
    submitted: Counter[str] = field(default_factory=Counter)
    events: Stretch = field(default_factory=lambda: Stretch(0, 0))


def import_all(
    products: Sequence[SourceProduct], file: Path, choices: Choices, manner: Manner, advance: Advance
) -> Imported:
    """Import every product by itself: one that is refused does not keep the others out.

    A dry run does the same in a transaction that is rolled back, so it finds what only the database can know.
    """
    making = Making(choices, keys_of([product.data for product in products]), has_picture=manner.pictures.__contains__)
    imported = Imported(making)
    with acting_as("system:import_products"), _perhaps_for_nothing(manner.dry_run):
        begin = last_position()
        related: list[Job] = []
        for number, product in enumerate(products, 1):
            with _reasons(product.place, imported):
                _import(product, file, manner, imported, related)
            advance(number, len(products))
        for job in related:
            with _reasons(job.document["sku"], imported):
                relate(job, manner)
        imported.events = Stretch(begin, last_position())
    return imported


def _import(product: SourceProduct, file: Path, manner: Manner, imported: Imported, related: list[Job]) -> None:
    if product.problem:
        raise BadRow(product.problem)
    job = Job(convert(product.data, imported.making), shelves(product.data), file.name)
    imported.in_file.update(of_source(product.data))
    outcome, is_later = import_product(job, manner)
    imported.outcomes[outcome] += 1
    imported.submitted.update(of_document(job.document))
    imported.jobs.append(job)
    if is_later:
        related.append(job)


@contextmanager
def _reasons(place: str, imported: Imported) -> Iterator[None]:
    """Whatever is refused becomes an error of that product."""
    try:
        yield
    except InvalidInput as refused:
        imported.problems[place] = [f"{one['field']}: {one['detail']}" for one in refused.field_errors]
    except BadRow as wrong:
        imported.problems[place] = [wrong.detail]
    else:
        return
    imported.outcomes[Outcome.FAILED] += 1


@contextmanager
def _perhaps_for_nothing(dry_run: bool) -> Iterator[None]:
    if not dry_run:
        yield
        return
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
