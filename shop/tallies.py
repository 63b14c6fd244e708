"""Figures that many workers add to at once: the database adds them up, in one statement for any number of rows."""

from collections.abc import Sequence
from typing import Any

from django.db import connection, models


def add(model: type[models.Model], keys: Sequence[str], rows: Sequence[dict[str, Any]]) -> None:
    """Add each row's figures to the row with the same keys, or insert it; every row has the same columns, and no two
    have the same keys. Rows are locked in the order of their keys, so that two who add never wait in a circle."""
    if not rows:
        return
    columns = list(rows[0])
    ordered = sorted(rows, key=lambda row: [row[key] for key in keys])
    values = [[row[column] for column in columns] for row in ordered]
    with connection.cursor() as cursor:
        cursor.execute(_statement(model, keys, columns, len(values)), [value for row in values for value in row])


def _statement(model: type[models.Model], keys: Sequence[str], columns: Sequence[str], count: int) -> str:
    """Names of columns come from the code, values never."""
    table = model._meta.db_table
    figures = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in columns if name not in keys)
    row = f"({', '.join(['%s'] * len(columns))})"
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([row] * count)}"
        f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {figures}"
    )
