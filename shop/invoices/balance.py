"""Comparing what the books say with what the file says."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from shop.invoices.expected import Books

#: What each part of the books is about.
PARTS = {
    "stock": "pieces of {key} in stock",
    "points": "points of customer {key}",
    "sales": "daily sales, {key}",
    "events": "audit entries of {key}",
}


def changes(before: Books, after: Books) -> Books:
    """What happened in between."""
    return Books(**{part: _minus(getattr(after, part), getattr(before, part)) for part in PARTS})


def differences(found: Books, wanted: Books) -> list[str]:
    """A sentence for every number that is not as it must be."""
    return [sentence for part in PARTS for sentence in _differences(part, getattr(found, part), getattr(wanted, part))]


def _differences(part: str, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[str]:
    for key in sorted(found.keys() | wanted.keys()):
        is_now, must_be = found.get(key, 0), wanted.get(key, 0)
        if is_now != must_be:
            what = PARTS[part].format(key=key or "guest")
            yield f"{what}: changed by {is_now}, but the file says {must_be} (difference {is_now - must_be})"


def _minus(after: Mapping[str, Any], before: Mapping[str, Any]) -> Counter[str]:
    return Counter({key: after.get(key, 0) - before.get(key, 0) for key in after.keys() | before.keys()})
