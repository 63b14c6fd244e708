"""The tables of a rebuild: beside the live ones, in a schema of their own, and at the end in their place.

They are made from what the database has, not from what the models say, so that columns, constraints and indexes are
what migrations have made of them, under the names that later migrations look for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import ProgrammingError, connection, transaction
from django.db.models import Model

from events.errors import RebuildRefused

# With an empty search path PostgreSQL names every schema in what it prints.
_COLUMNS = """
SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated, a.attcollation,
       pg_get_expr(d.adbin, d.adrelid)
FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
_CONSTRAINTS = """
SELECT contype, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = %s AND contype IN ('p', 'u', 'x', 'c') ORDER BY conname
"""
_INDEXES = """
SELECT pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = %s AND NOT EXISTS (
    SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))
ORDER BY 1
"""
_STORAGE = """
SELECT array_to_string(reloptions, ', '), ARRAY(
    SELECT format('GRANT %%s ON %%%%s TO %%s%%s', privilege_type,
                  CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END,
                  CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
    FROM aclexplode(relacl) WHERE grantee <> relowner ORDER BY 1)
FROM pg_class WHERE oid = %s
"""
_MAY_CREATE = """
SELECT quote_ident(current_user), quote_ident(current_database()),
       has_database_privilege(current_database(), 'CREATE')
"""
# What would be left behind on the old table, or would keep it from going.
_TIES = """
SELECT 'the trigger ' || tgname FROM pg_trigger WHERE tgrelid = ANY (%(tables)s) AND NOT tgisinternal
UNION ALL SELECT 'the foreign key ' || conname FROM pg_constraint
WHERE contype = 'f' AND (conrelid = ANY (%(tables)s) OR confrelid = ANY (%(tables)s))
UNION ALL SELECT 'the view ' || r.ev_class::regclass FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid
WHERE d.classid = 'pg_rewrite'::regclass AND d.refobjid = ANY (%(tables)s)
UNION ALL SELECT 'the column ' || attname || ', which counts by a sequence that is no identity'
FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
WHERE d.adrelid = ANY (%(tables)s) AND a.attgenerated = '' AND pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%%'
UNION ALL SELECT 'the inheritance of ' || inhrelid::regclass FROM pg_inherits
WHERE inhrelid = ANY (%(tables)s) OR inhparent = ANY (%(tables)s)
UNION ALL SELECT 'the policy ' || polname FROM pg_policy WHERE polrelid = ANY (%(tables)s)
UNION ALL SELECT 'the publication ' || pubname FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
WHERE r.prrelid = ANY (%(tables)s)
UNION ALL SELECT 'the function ' || objid::regprocedure FROM pg_depend
WHERE classid = 'pg_proc'::regclass AND refclassid = 'pg_class'::regclass AND refobjid = ANY (%(tables)s)
"""


@dataclass(frozen=True, slots=True)
class Table:
    """A live table."""

    oid: int
    schema: str
    name: str

    @property
    def qualified(self) -> str:
        """As SQL, with its schema."""
        return in_schema(self.schema, self.name)


def in_schema(schema: str, name: str) -> str:
    """A name as SQL, with its schema."""
    return f"{connection.ops.quote_name(schema)}.{connection.ops.quote_name(name)}"


def live_tables(models: Sequence[type[Model]]) -> list[Table]:
    """The tables of the models as they are found now. Raises RebuildRefused when one is not there."""
    tables = []
    for model in models:
        name = model._meta.db_table
        found = _rows(
            "SELECT c.oid, n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE c.oid = to_regclass(%s)",
            [connection.ops.quote_name(name)],
        )
        if not found:
            raise RebuildRefused(why=f"the table {name} is not there: migrate first")
        tables.append(Table(*found[0]))
    return tables


def refuse_tied(tables: Sequence[Table]) -> None:
    """Raises RebuildRefused for what a swap would leave behind."""
    if ties := _rows(_TIES, {"tables": [table.oid for table in tables]}):
        raise RebuildRefused(why=f"{ties[0][0]} would be left behind when the tables are swapped; remove it")


def fingerprint(tables: Sequence[Table]) -> str:
    """What the tables are like: the same as long as no migration changes them."""
    with found_first(None):
        parts = [[_rows(statement, [table.oid]) for statement in _DESCRIBING] for table in tables]
    return hashlib.sha256(repr(parts).encode()).hexdigest()


_DESCRIBING = (_COLUMNS, _CONSTRAINTS, _INDEXES, _STORAGE)


def create(schema: str, tables: Sequence[Table]) -> None:
    """Make empty tables like the live ones, in a new schema. Raises RebuildRefused where the role of the database may
    make none."""
    user, database, may_create = _rows(_MAY_CREATE, [])[0]
    if not may_create:
        raise RebuildRefused(why=f"{user} may make no schema: GRANT CREATE ON DATABASE {database} TO {user}")
    _execute(f"CREATE SCHEMA {connection.ops.quote_name(schema)}")
    with found_first(None):
        for table in tables:
            _create(in_schema(schema, table.name), table)


def _create(shadow: str, live: Table) -> None:
    _execute(f"CREATE TABLE {shadow} (LIKE {live.qualified} INCLUDING ALL EXCLUDING INDEXES)")
    for kind, name, definition in _rows(_CONSTRAINTS, [live.oid]):
        if kind != "c":  # which LIKE has brought along
            _execute(f"ALTER TABLE {shadow} ADD CONSTRAINT {name} {definition}")
    (sql_name,) = _rows("SELECT format(' ON %%I.%%I ', %s::text, %s::text)", [live.schema, live.name])[0]
    for (definition,) in _rows(_INDEXES, [live.oid]):
        before, found, after = definition.partition(sql_name)
        if not found:
            raise RebuildRefused(why=f"the index {definition!r} cannot be made beside the live one")
        _execute(f"{before} ON {shadow} {after}")
    options, grants = _rows(_STORAGE, [live.oid])[0]
    if options:
        _execute(f"ALTER TABLE {shadow} SET ({options})")
    for grant in grants:
        _execute(grant % shadow)


def drop(schema: str) -> None:
    """Remove the tables of a rebuild that does not need them any more; harmless when they are gone."""
    _execute(f"DROP SCHEMA IF EXISTS {connection.ops.quote_name(schema)} CASCADE")


def hold(schema: str, models: Sequence[type[Model]]) -> None:
    """Have the tables of a rebuild stay until the transaction ends: were they gone, their names would mean the live
    ones. Raises RebuildRefused when they are."""
    try:
        names = ", ".join(in_schema(schema, model._meta.db_table) for model in models)
        _execute(f"LOCK TABLE {names} IN ROW EXCLUSIVE MODE")
    except ProgrammingError as error:
        raise RebuildRefused(why="the tables that were being filled are gone; start again") from error


def vacuum(schema: str, tables: Sequence[Table]) -> None:
    """So that queries are planned well from the first one on. Not inside a transaction."""
    for table in tables:
        _execute(f"VACUUM (ANALYZE) {in_schema(schema, table.name)}")


def lock(tables: Sequence[Table]) -> None:
    """For this transaction alone. Raises OperationalError after lock_timeout."""
    _execute(f"LOCK TABLE {', '.join(table.qualified for table in tables)} IN ACCESS EXCLUSIVE MODE")


def exchange(schema: str, tables: Sequence[Table]) -> None:
    """Put the tables of the rebuild in the place of the live ones, which go. In a transaction, after `lock`."""
    _execute("SET CONSTRAINTS ALL IMMEDIATE")
    _execute(f"DROP TABLE {', '.join(table.qualified for table in tables)}")
    for table in tables:
        place = connection.ops.quote_name(table.schema)
        _execute(f"ALTER TABLE {in_schema(schema, table.name)} SET SCHEMA {place}")
    _execute(f"DROP SCHEMA {connection.ops.quote_name(schema)}")


@contextmanager
def found_first(schema: str | None) -> Iterator[None]:
    """In a transaction: names without a schema mean the tables of this one, and then what they meant before; or, with
    None, nothing at all. An error undoes it with the savepoint."""
    with transaction.atomic():
        (before,) = _rows("SELECT current_setting('search_path')", [])[0]
        path = f"{connection.ops.quote_name(schema)}, {before}" if schema else ""
        _rows("SELECT set_config('search_path', %s, true)", [path])
        yield
        _rows("SELECT set_config('search_path', %s, true)", [before])


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _rows(statement: str, values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()
