"""What can be said of a projection before the first event: a rebuild must be able to swap its tables."""

from collections.abc import Iterator

from django.core.checks import CheckMessage, Error
from django.db.models import ForeignKey, Model

from events.projections.declaration import Projection, projections


def check_projections() -> Iterator[CheckMessage]:
    """Each has models of its own, whose tables stand alone."""
    owners: dict[type[Model], str] = {}
    for projection in projections():
        if not projection.models:
            yield Error(
                f"The projection {projection.name} has no models",
                hint="Name the models whose tables it writes: models=[…].",
                id="events.E020",
            )
        for model in projection.models:
            yield from _check_model(projection, model)
            if owners.setdefault(model, projection.name) != projection.name:
                yield Error(
                    f"{model._meta.label} is a read model of {owners[model]} and of {projection.name}",
                    hint="A rebuild swaps whole tables: give each projection its own.",
                    id="events.E021",
                )


def _check_model(projection: Projection, model: type[Model]) -> Iterator[CheckMessage]:
    meta = model._meta
    if meta.abstract or meta.proxy or not meta.managed or meta.parents or meta.swapped:
        yield Error(
            f"{meta.label}, a read model of {projection.name}, has no table that is its own",
            hint="Use a plain managed model, without parents.",
            id="events.E022",
        )
    if meta.local_many_to_many:
        yield Error(
            f"{meta.label}, a read model of {projection.name}, has a many-to-many field, whose table a rebuild would "
            "not swap",
            hint="Declare the table between them as a model, and name it in models=[…].",
            id="events.E023",
        )
    for name in sorted({*_constrained_to_others(model), *_constrained_from_others(model)}):
        yield Error(
            f"The foreign key {name} is a constraint of the database, and {meta.label} is a read model of "
            f"{projection.name}",
            hint="Give it db_constraint=False: a table that a rebuild swaps cannot be tied to another.",
            id="events.E024",
        )


def _constrained_to_others(model: type[Model]) -> list[str]:
    return [
        f"{model._meta.label}.{field.name}"
        for field in model._meta.local_fields
        if isinstance(field, ForeignKey) and field.db_constraint  # type: ignore[attr-defined]
    ]


def _constrained_from_others(model: type[Model]) -> list[str]:
    return [
        f"{relation.related_model._meta.label}.{relation.field.name}"
        for relation in model._meta.related_objects
        if getattr(relation.field, "db_constraint", False)
    ]
