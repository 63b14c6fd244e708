"""What ended badly: dead letters, refused messages; and clocks of workers, as what they wrote betrays them."""

from collections.abc import Iterator
from datetime import timedelta

from celery import current_app
from django.utils import timezone
from django_celery_results.models import TaskResult

from events.dead_letters import error_groups
from events.doctor.database import SKEW_SECONDS, rows
from events.doctor.findings import Check, Finding, broken, duration, fine, warning
from events.figures import open_dead_letters
from events.transports.aside import PREFIX

_GROUPS_SHOWN, _LETTERS_READ = 5, 10_000
_REFUSED_SINCE = timedelta(days=1)

# The worker's clock says when a delivery began, the database's when it was finished.
_WORKER_CLOCKS = """
SELECT worker, max(extract(epoch FROM started_at - finished_at))::float,
       min(extract(epoch FROM finished_at - started_at))::float, count(*)
FROM (SELECT * FROM events_delivery WHERE outcome = 'done' ORDER BY id DESC LIMIT 2000) newest
WHERE finished_at > clock_timestamp() - interval '1 hour' AND worker <> ''
GROUP BY worker ORDER BY worker
"""
_ENOUGH = 5


def dead_letters() -> Iterator[Finding]:
    """Open ones: neither replayed nor discarded."""
    count = open_dead_letters()
    if not count.value:
        yield fine("No dead letter is open")
        return
    groups = error_groups(newest=_LETTERS_READ)
    about = "" if count.exactness == "exact" else f"{count.exactness} "
    yield warning(
        f"{about}{count.value:,} dead letters are open, in {len(groups)} groups of errors",
        "`manage.py events dead`; then replay them when their cause is mended, or discard them with a reason.",
    )
    for group in groups[:_GROUPS_SHOWN]:
        where = f"{', '.join(group.subscribers)}, last {group.last_died_at:%Y-%m-%d %H:%M}"
        yield warning(
            f"{group.count:,} × {group.fingerprint} ({where})",
            f"`manage.py events dead --group {group.fingerprint!r}`",
        )


def refused_messages() -> Iterator[Finding]:
    """What workers did not take from the broker."""
    since = timezone.now() - _REFUSED_SINCE
    count = TaskResult.objects.filter(task_id__startswith=PREFIX, date_done__gt=since).count()
    if count:
        yield warning(
            f"Workers refused {count:,} messages within a day: forged, repeated, too old or unreadable",
            "Each is a task result whose id begins with 'refused-', with the reason. Who else can reach the broker?",
        )
    else:
        yield fine("Workers refused no message within a day")


def worker_clocks() -> Iterator[Finding]:
    """By what each worker has written within the hour."""
    limit_seconds = float(current_app.conf.task_time_limit or 3_600)
    off = False
    for worker, ahead_seconds, shortest_seconds, count in rows(_WORKER_CLOCKS):
        advice = f"Have the machine of {worker} set its clock by NTP."
        if ahead_seconds > SKEW_SECONDS:
            off = True
            yield broken(f"The clock of {worker} is {duration(ahead_seconds)} ahead of the database's", advice)
        elif count >= _ENOUGH and shortest_seconds > limit_seconds:
            off = True
            says = f"Nothing that {worker} did took less than {duration(shortest_seconds)}, more than a task may take"
            yield broken(f"{says}: its clock is behind", advice)
    if not off:
        yield fine("The clocks of workers agree with the database's, as far as what they wrote tells")


CHECKS: list[Check] = [dead_letters, refused_messages, worker_clocks]
