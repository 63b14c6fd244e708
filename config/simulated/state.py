"""What the simulated services remember: one SQLite file, one writer at a time."""

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

TABLES = """
CREATE TABLE IF NOT EXISTS answer (
    service TEXT, key TEXT, status INTEGER, body TEXT, PRIMARY KEY (service, key)
);
CREATE TABLE IF NOT EXISTS knob (service TEXT, name TEXT, value TEXT, PRIMARY KEY (service, name));
CREATE TABLE IF NOT EXISTS callback (
    id INTEGER PRIMARY KEY, service TEXT, path TEXT, body TEXT, attempts INTEGER DEFAULT 0, due_at REAL,
    delivered_at REAL, note TEXT DEFAULT ''
);
"""


class State:
    """The tables of the frame and of all services. What a killed process had committed is still there."""

    def __init__(self, file: Path, tables: Iterable[str]) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._lock = threading.Lock()
        self._connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")
        for script in (TABLES, *tables):
            self._connection.executescript(script)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, and alone: two calls with one key never run at the same time."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def forget(self) -> None:
        """Empty every table."""
        with self.transaction() as db:
            for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                db.execute(f'DELETE FROM "{name}"')
