"""Options of the commands, checked when they are read."""

from argparse import ArgumentTypeError
from math import isfinite
from urllib.parse import urlsplit

DEFAULT_URL = "http://127.0.0.1:8000"


def url(text: str) -> str:
    """An address of a server."""
    try:
        parts = urlsplit(text)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise ArgumentTypeError(f"{text!r} is not an address such as {DEFAULT_URL}")
    return text


def positive_number(text: str) -> float:
    """A number above 0, such as 2.5."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not isfinite(number) or number <= 0:
        raise ArgumentTypeError(f"{text!r} is not a number above 0")
    return number


def positive_count(text: str) -> int:
    """A whole number above 0."""
    if not text.isascii() or not text.isdigit() or not int(text):
        raise ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)
