"""What a save changed: models that remember the values they were loaded with, and save together with their event."""

from collections.abc import Collection
from typing import Any, ClassVar, Self

from django.db import models, router, transaction
from django.db.models.fields.files import FieldFile
from djmoney.money import Money


class RemembersValues:
    """Mix into a model, before models.Model, to know which of its `watched_fields` a save changes.

    A value is remembered when it is loaded, refreshed or saved; one that was never loaded (deferred, or an instance
    made with a known primary key) is looked up before it is overwritten. After a rollback the instance, as always in
    Django, is ahead of the database: load it again before saving it again.
    """

    watched_fields: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[Any]) -> Self:
        """Load, and remember."""
        instance = super().from_db(db, field_names, values)
        instance.remember()
        return instance

    def refresh_from_db(self, using: str | None = None, fields: Any = None, from_queryset: Any = None) -> None:
        """Refresh (also the load of a deferred field), and remember what was refreshed."""
        fields = None if fields is None else list(fields)
        super().refresh_from_db(using=using, fields=fields, from_queryset=from_queryset)
        self.remember(fields)

    def save(
        self,
        *,
        force_insert: Any = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Collection[str] | None = None,
    ) -> None:
        """Save and emit in one transaction.

        Django sends post_save after its own INSERT or UPDATE, and opens no transaction for a model without parents: a
        save in a shell would be committed already when the receiver emits, and emit refuses that.
        """
        using = using or router.db_for_write(type(self), instance=self)
        # No savepoint inside a transaction: a change whose event could not be logged must not survive on its own.
        with transaction.atomic(using=using, savepoint=False):
            if not force_insert:
                self._look_up_unknown(using, update_fields)
            super().save(force_insert=force_insert, force_update=force_update, using=using, update_fields=update_fields)
            self.remember(update_fields)

    def changed_fields(self, update_fields: Collection[str] | None = None) -> list[str]:
        """Names of the watched fields whose value is not the remembered one; only of `update_fields` when given."""
        values = self._watched_values(update_fields)
        return [name for name, value in values.items() if not self._is_remembered(name, value)]

    def remembered(self, name: str, default: Any = None) -> Any:
        """The value a watched field had when it was loaded or last saved."""
        return self.__dict__.get("_remembered_values", {}).get(name, default)

    def remember(self, names: Collection[str] | None = None) -> None:
        """Take the present values (of `names` when given) for what the database holds."""
        values = self.__dict__.setdefault("_remembered_values", {})
        for name, value in self._watched_values(names).items():
            if hasattr(value, "resolve_expression"):
                values.pop(name, None)  # F("price") + 1: only the database knows what came out
            else:
                values[name] = value

    def _watched_values(self, names: Collection[str] | None) -> dict[str, Any]:
        wanted = self.watched_fields if names is None else [name for name in self.watched_fields if name in names]
        return {
            name: plain_value(self._meta.get_field(name), self.__dict__[name])
            for name in wanted
            if name in self.__dict__
        }

    def _is_remembered(self, name: str, value: Any) -> bool:
        known = self.__dict__.get("_remembered_values", {})
        return name in known and not hasattr(value, "resolve_expression") and known[name] == value

    def _look_up_unknown(self, using: str, names: Collection[str] | None) -> None:
        if self.pk is None:
            return
        known = self.__dict__.setdefault("_remembered_values", {})
        unknown = [name for name in self._watched_values(names) if name not in known]
        row = unknown and type(self)._base_manager.using(using).filter(pk=self.pk).values(*unknown).first()
        for name, value in (row or {}).items():
            known[name] = plain_value(self._meta.get_field(name), value)


def plain_value(field: models.Field, value: Any) -> Any:
    """A field's value as the database gives it: an amount for money, a path for a file."""
    if hasattr(value, "resolve_expression"):
        return value
    if isinstance(value, Money):
        return value.amount
    if isinstance(value, FieldFile):
        return value.name or ""
    return field.to_python(value)
