"""What can go wrong with invoices.

InvoicesError
├── BadFile         the file cannot be read; says which lines
├── AccountTaken    somebody uses the account of the replay
├── AlreadyPlayed   invoices were played on this database before
├── ServerAway      nothing answers at the URL
└── ServerElsewhere another database is behind the URL, or no Backroom at all
"""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from shop.errors import ShopError


class InvoicesError(ShopError):
    """Invoices could not be played."""


class BadFile(InvoicesError):
    """The file has errors; nothing was imported."""

    message: ClassVar[str] = "{path} cannot be read, and nothing was imported.\n{problems}"

    def __init__(self, path: Path, problems: Sequence[str]) -> None:
        super().__init__(path=path, problems="\n".join(f"  {problem}" for problem in problems))


class AccountTaken(InvoicesError):
    """The account that plays invoices is somebody's own."""

    message: ClassVar[str] = (
        "There is an account {username!r} with a password, so somebody uses it. The replay needs an account of that "
        "name for itself; rename yours in the admin, or set it to have no password."
    )


class AlreadyPlayed(InvoicesError):
    """Orders of invoices are in the database."""

    message: ClassVar[str] = (
        "This database already has {count} orders from invoices. Playing a file again makes new orders of all its "
        "invoices; say --again if you want that."
    )


class ServerAway(InvoicesError):
    """No connection."""

    message: ClassVar[str] = (
        "No server answers at {url} ({why}). Start one with `make run`, or say where it is with --url."
    )


class ServerElsewhere(InvoicesError):
    """The server answers, but not as ours."""

    message: ClassVar[str] = (
        "The server at {url} answered {status}. Is it a Backroom, and on the same "
        "database (DATABASE_URL) as this command? Say which server with --url."
    )
