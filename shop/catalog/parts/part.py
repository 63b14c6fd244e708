"""What a part of a product is, and what writing parts has in common."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import models

from events.api import emit_many
from shop.catalog.events import TermChanged
from shop.catalog.given import Given, GivenFile
from shop.catalog.models import Product, Upload


class Reference(NamedTuple):
    """Something that a document refers to, or claims for itself, and where it says so.

    `kind` is sku (must be free), product, category, image, pdf (must exist), image-path or pdf-path (a stored file).
    """

    kind: str
    key: Any
    where: tuple[str | int, ...]


def _none(given: Any) -> Iterable[Reference]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One kind of thing that a product has: its field in documents, in the API, and its tables.

    `given` is the type of its field in a submitted document and `nothing` what an absent field is; `show` gives the
    field in the product's document from what `prefetch` names, and `write` replaces what there is. `write` runs in a
    transaction in which nobody else writes this part of this product.
    """

    name: str
    given: Any
    nothing: Any = field(default_factory=list)
    prefetch: tuple[str, ...] = ()
    show: Callable[[Product], Any]
    write: Callable[[Product, Any], None]
    references: Callable[[Any], Iterable[Reference]] = _none
    #: Whether writing it emits events, which is only done under the submission's lock, see processing.py.
    emits: bool = False
    #: What is slow about writing it and needs no lock, such as making files; safe to repeat.
    prepare: Callable[[Any], None] | None = None
    #: How long one try of writing it may take.
    time_limit_seconds: int = 60


def texts_of(thing: Any, *fields: str) -> dict[str, Any]:
    """The texts of a row by language: {"en": {"name": …}}."""
    return {text.language: {name: getattr(text, name) for name in fields} for text in thing.translations.all()}


def alternatives_of(image: Any) -> dict[str, str]:
    """The alternative texts of an image by language."""
    return {text.language: text.alt for text in image.translations.all()}


def store_texts(model: type[models.Model], link: str, texts: Iterable[tuple[models.Model, Mapping[str, Any]]]) -> None:
    """Insert the texts of rows; `link` is the column that refers to the row. One statement for any number."""
    rows = [
        model(**{link: row, "language": language}, **(text.model_dump() if isinstance(text, Given) else text))
        for row, by_language in texts
        for language, text in by_language.items()
    ]
    model._default_manager.bulk_create(rows)


def alternatives(alt: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Alternative texts as columns by language."""
    return {language: {"alt": text} for language, text in alt.items()}


def shared_rows(model: type[models.Model], column: str, values: Sequence[str]) -> dict[str, Any]:
    """Rows that products share, such as tags, by that column; those that are missing are made.

    In one order, so that two who make the same never wait for each other crosswise.
    """
    wanted = sorted(set(values))
    found = model._default_manager.in_bulk(wanted, field_name=column)
    if missing := [value for value in wanted if value not in found]:
        model._default_manager.bulk_create([model(**{column: value}) for value in missing], ignore_conflicts=True)
        found = model._default_manager.in_bulk(wanted, field_name=column)
    return found


def name_shared(model: type[models.Model], link: str, names: Mapping[int, Mapping[str, Any]]) -> None:
    """Set the names of shared rows, by primary key and language. What is said already is not written again; of what
    is, catalogue.term_changed tells. Its streams are locked after the rows, in one order, and before the submission."""
    there = {
        (getattr(row, f"{link}_id"), row.language): row.name
        for row in model._default_manager.filter(**{f"{link}__in": list(names)})
    }
    rows = [
        model(**{f"{link}_id": pk, "language": language, "name": text.name})
        for pk in sorted(names)
        for language, text in sorted(names[pk].items())
        if there.get((pk, language)) != text.name
    ]
    model._default_manager.bulk_create(
        rows, update_conflicts=True, unique_fields=[link, "language"], update_fields=["name"]
    )
    changed = sorted({getattr(row, f"{link}_id") for row in rows})
    emit_many([TermChanged.model_validate({"kind": link, "term_id": pk}) for pk in changed])


def file_references(kind: str, file: GivenFile | None, *where: str | int) -> Iterable[Reference]:
    """What a file in a document refers to."""
    if file and file.upload:
        yield Reference(kind, file.upload, (*where, "upload"))
    elif file:
        yield Reference(f"{kind}-path", file.path, (*where, "path"))


def stored_paths(files: Iterable[GivenFile]) -> list[str]:
    """Where the files are in the media storage. One query. Raises Upload.DoesNotExist when an upload is gone."""
    files = list(files)
    uploads = Upload.objects.in_bulk([file.upload for file in files if file.upload])
    if missing := [file.upload for file in files if file.upload and file.upload not in uploads]:
        raise Upload.DoesNotExist(f"The upload {missing[0]} is gone; upload the file again and submit again.")
    return [file.path or uploads[file.upload].file.name for file in files]
