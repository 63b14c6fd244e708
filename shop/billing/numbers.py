"""Numbers without gaps."""

from django.db import connection

_NEXT = """
INSERT INTO billing_series AS series (name, year, last) VALUES (%s, %s, 1)
ON CONFLICT (name, year) DO UPDATE SET last = series.last + 1 RETURNING last
"""


def next_number(series: str, year: int) -> int:
    """The next number of a series in a year: 1, 2, 3 …; call it inside the transaction that writes the paper.

    The row stays locked until that transaction ends, so the next one waits, and a rollback gives the number back: a
    PostgreSQL sequence would leave a gap there. Take it as late as possible.
    """
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [series, year])
        (number,) = cursor.fetchone()
    return int(number)
