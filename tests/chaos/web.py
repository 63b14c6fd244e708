"""The web process: two clerks sell what the newest lap asks for, and may be killed at any moment.

What was sold stands in the database alone, so a new process goes on where the last one ended.
"""

import logging
import threading
import time
from itertools import islice

import django

if __name__ == "__main__":
    django.setup()

from django.conf import settings
from django.db import close_old_connections, connection, transaction
from django.utils.module_loading import import_string

from tests.chaos import effects

CLERKS = 2

logger = logging.getLogger(__name__)


def work(clerk: int) -> None:
    """Sell for ever, whatever the database does meanwhile."""
    while True:
        try:
            close_old_connections()
            if not sell_next(clerk):
                time.sleep(0.05)
        except Exception:
            logger.warning("The sale failed", exc_info=True)
            connection.close()
            time.sleep(0.1)


def sell_next(clerk: int) -> bool:
    """Sell what this clerk has not sold yet of the newest lap. False when there is nothing."""
    lap = effects.execute("SELECT lap, count, rate, bulk, trouble FROM chaos_lap ORDER BY lap DESC LIMIT 1")
    if not lap:
        return False
    number, count, rate, bulk, trouble = lap
    (sold,) = effects.execute(
        "SELECT coalesce(max(number), %s) FROM chaos_sale WHERE lap = %s AND number %% %s = %s",
        *(clerk - CLERKS, number, CLERKS, clerk),
    )
    started_at = time.monotonic()
    numbers = list(islice(range(sold + CLERKS, count, CLERKS), bulk))
    if numbers:
        sell(number, numbers, trouble, articles=max(effects.ARTICLES, bulk))
        time.sleep(max(0.0, len(numbers) * CLERKS / rate - (time.monotonic() - started_at)))
    return bool(numbers)


def sell(lap: int, numbers: list[int], trouble: str, articles: int) -> None:
    """The business rows and what tells of them, in one transaction."""
    announce = import_string(settings.CHAOS_ANNOUNCE)
    with transaction.atomic():
        announce([effects.make(lap, number, trouble, articles) for number in numbers])


if __name__ == "__main__":
    print("open", flush=True)
    clerks = [threading.Thread(target=work, args=[clerk]) for clerk in range(CLERKS)]
    for one in clerks:
        one.start()
