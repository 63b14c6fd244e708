"""What can be said in arguments: instants, values in payloads, how many; and how a choice becomes a Selection."""

import getpass
import json
import os
import re
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def add_json(parser: ArgumentParser) -> None:
    """--json is everywhere."""
    parser.add_argument("--json", action="store_true", help="results as one JSON document")


def add_yes(parser: ArgumentParser) -> None:
    """--yes is wherever something changes."""
    parser.add_argument("--yes", action="store_true", help="do it; without, only say what would be done")


def add_limit(parser: ArgumentParser, default: int) -> None:
    """How many rows are shown."""
    parser.add_argument(
        "--limit", type=count, default=default, metavar="COUNT", help=f"how many at most (default: {default})"
    )


def add_period(parser: ArgumentParser, of_what: str) -> None:
    """--since and --until."""
    form = "2025-03-01, 2025-03-01T10:15, or 30m, 2h, 7d ago"
    parser.add_argument("--since", type=moment, metavar="WHEN", help=f"{of_what} from then on: {form}")
    parser.add_argument("--until", type=moment, metavar="WHEN", help=f"{of_what} up to then")


def add_payload(parser: ArgumentParser) -> None:
    """--payload, as often as wanted."""
    parser.add_argument(
        "--payload",
        type=payload_value,
        action="append",
        default=[],
        metavar="PATH=VALUE",
        help="a value in the payload, such as order_id=7 or buyer.country=EG; text that looks like a number is quoted: "
        """total='"19.99"'""",
    )


def moment(text: str) -> datetime:
    """An instant: a date, a date with a time, or how long ago."""
    if ago := re.fullmatch(r"(\d+(?:\.\d+)?)([smhdw])", text):
        return timezone.now() - timedelta(**{_UNITS[ago[2]]: float(ago[1])})
    try:
        date = parse_date(text)
        parsed = datetime(date.year, date.month, date.day) if date else parse_datetime(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r}: {error}") from error
    if parsed is None:
        raise ArgumentTypeError(f"{text!r} is no instant; say 2025-03-01, 2025-03-01T10:15, or 2h for two hours ago")
    return parsed if timezone.is_aware(parsed) else timezone.make_aware(parsed)


def payload_value(text: str) -> tuple[str, Any]:
    """A path and the JSON value that is there; what is no JSON is text."""
    path, equals, value = text.partition("=")
    if not path or not equals:
        raise ArgumentTypeError(f"{text!r} is not PATH=VALUE, such as order_id=7")
    try:
        return path, json.loads(value)
    except ValueError:
        return path, value


def count(text: str) -> int:
    """A number from 1 on."""
    if not text.isdecimal() or not int(text):
        raise ArgumentTypeError(f"{text!r} is no number from 1 on")
    return int(text)


def rate(text: str) -> float:
    """A number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise ArgumentTypeError(f"{text!r} is no number above 0")
    return value


def steps(text: str) -> tuple[int, ...]:
    """Numbers, with commas between them."""
    return tuple(count(one.strip()) for one in text.split(","))


def operator() -> str:
    """Who is at the keyboard, as the owner of what is done."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):  # an account without a name, as in some containers
        return f"cli:{os.getuid()}"


def reason_of(options: Namespace) -> str:
    """Whoever changes something for good says why. Raises CommandError."""
    reason = (options.reason or "").strip()
    if options.yes and not reason:
        raise CommandError("Say why, for those who look at it later: --reason '…'", returncode=2)
    return reason or "(none given yet)"
