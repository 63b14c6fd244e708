"""Writing a table's rows of one day into one Parquet file, whole or not at all."""

import os
from collections.abc import Iterator
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from shop.lake.tables import Table

ROWS_AT_A_TIME = 10_000


def path_of(directory: Path, table: str, day: date) -> Path:
    """Where the file of a day is; `day=…` is what DuckDB, Spark and others read as a column."""
    return directory / table / f"day={day.isoformat()}" / f"{table}.parquet"


def write(directory: Path, table: Table, day: date) -> int:
    """Write the file and return the number of rows. Readers see the old file or the new one, never a part of it; the
    same rows make the same bytes."""
    path = path_of(directory, table.name, day)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")  # one writes a day at a time, over what a killed one left
    try:
        count = _write_rows(unfinished, table, day)
        _to_disk(unfinished)
        unfinished.replace(path)
        _to_disk(path.parent)
    finally:
        unfinished.unlink(missing_ok=True)
    return count


def _write_rows(path: Path, table: Table, day: date) -> int:
    """A day without rows has a file with columns."""
    count = 0
    with parquet.ParquetWriter(path, table.schema, compression="zstd") as writer:
        for rows in _batches(table, day):
            writer.write_table(_arrow(table, rows))
            count += len(rows)
    return count


def _batches(table: Table, day: date) -> Iterator[list[tuple[Any, ...]]]:
    rows = table.rows_of(day).values_list(*table.lookups).iterator(chunk_size=ROWS_AT_A_TIME)
    while batch := list(islice(rows, ROWS_AT_A_TIME)):
        yield batch


def _arrow(table: Table, rows: list[tuple[Any, ...]]) -> pa.Table:
    columns = [
        pa.array(values, kind)
        for values, (_lookup, kind) in zip(zip(*rows, strict=True), table.columns.values(), strict=True)
    ]
    return pa.Table.from_arrays(columns, schema=table.schema)


def _to_disk(path: Path) -> None:
    """Survives a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
