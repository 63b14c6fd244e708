"""Has all dead letters of the stall run again: `python -m tests.chaos.replaying`."""

import django

if __name__ == "__main__":
    django.setup()

from django.utils import timezone

from events.replay import Selection, create_replay

if __name__ == "__main__":
    create_replay(
        Selection(subscriber="stall.moody"),
        name="chaos",
        reason="to be interrupted",
        owner="chaos",
        now=timezone.now(),
        rate_per_second=20.0,
    )
