"""`manage.py events …` as somebody at a terminal runs it: what it says, and how it ends."""

import json
from dataclasses import dataclass
from io import StringIO
from typing import Any

from django.core.management import CommandError, call_command


@dataclass(frozen=True)
class Ended:
    """A command that has ended: its exit code, its results, and what it said beside them."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on stdout."""
        return json.loads(self.out)


def command(*arguments: object) -> Ended:
    """Run it to its end."""
    out, err = StringIO(), StringIO()
    try:
        call_command("events", *map(str, arguments), stdout=out, stderr=err)
        code = 0
    except CommandError as error:
        code = error.returncode
        err.write(str(error))
    except SystemExit as error:
        code = int(error.code or 0)
    return Ended(code, out.getvalue(), err.getvalue())
