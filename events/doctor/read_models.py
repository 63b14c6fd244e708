"""Read models: they keep up with the log, lack nothing, and their rebuilds get on."""

from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone

from events.doctor.findings import Check, Finding, duration, fine, warning
from events.models import Rebuild
from events.projections.lag import COUNT_LIMIT, lag

_BEHIND_SECONDS = 60.0


def read_models_keep_up() -> Iterator[Finding]:
    """How far each is behind; a paused one is spoken of elsewhere."""
    late = False
    for one in lag():
        if one.state != "paused" and one.behind_seconds > _BEHIND_SECONDS:
            late = True
            count = f"more than {COUNT_LIMIT:,}" if one.is_at_least else f"{one.behind_count:,}"
            yield warning(
                f"The read model {one.projection} is {count} events behind, for {duration(one.behind_seconds)}"
                f"{'; it is catching up' if one.state == 'catching up' else ''}",
                "Do the workers keep up, and is a lane held up by a dead letter? A rebuild is faster than catching up: "
                f"`manage.py events rebuild {one.projection}`.",
            )
        if one.dead_count:
            late = True
            yield warning(
                f"The read model {one.projection} lacks {one.dead_count:,} events, which are dead letters",
                f"`manage.py events dead --subscriber {one.projection}`; replay them once the projection is mended, or "
                "rebuild it.",
            )
    if not late:
        yield fine("Every read model keeps up with the log")


def rebuilds_get_on() -> Iterator[Finding]:
    """Those that failed last, and those that cannot swap."""
    waiting = False
    for one in lag():
        rebuild = one.rebuild
        if rebuild and rebuild.state == Rebuild.State.FAILED:
            waiting = True
            yield warning(
                f"Rebuild {rebuild.pk} of {one.projection} by {rebuild.owner} failed: {rebuild.state_reason}",
                f"`manage.py events rebuild {one.projection}` starts it again, once that is mended.",
            )
        if rebuild and rebuild.state == Rebuild.State.RUNNING and rebuild.due_at:
            waiting = True
            yield from _stuck(rebuild)
    if not waiting:
        yield fine("No rebuild waits for anybody")


def _stuck(rebuild: Rebuild) -> Iterator[Finding]:
    says = f"Rebuild {rebuild.pk} of {rebuild.projection} has tried to swap {rebuild.swap_attempts} times"
    if rebuild.created_at < timezone.now() - timedelta(hours=1):
        advice = "Look for transactions that stay open and have read its tables: pg_stat_activity, state idle in "
        yield warning(says, f"{advice}transaction. It goes on by itself when they end.")
    else:
        yield fine(f"{says}; it goes on by itself")


CHECKS: list[Check] = [read_models_keep_up, rebuilds_get_on]
