"""From an instant to a row number: rows are appended, so their numbers grow with time, and a search by halves finds
where an instant lies without an index on it."""

from datetime import datetime, timedelta

from django.db.models import Model

#: Transactions commit out of order; rows this much older are looked at as well.
_DISORDER = timedelta(minutes=5)


def first_number_since(model: type[Model], column: str, instant: datetime) -> int:
    """The primary key from which on rows may be as young as the instant."""
    rows = model._base_manager.order_by("pk").values_list("pk", column)
    ends = rows.first(), rows.last()
    if ends[0] is None or ends[1] is None:
        return 0
    low, high = ends[0][0], ends[1][0] + 1
    while low < high:
        middle = (low + high) // 2
        number, at = rows.filter(pk__gte=middle).first() or (high, instant)
        if at < instant - _DISORDER:
            low = number + 1
        else:
            high = middle
    return int(low)
