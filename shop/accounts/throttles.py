"""How often somebody may try: counted in PostgreSQL, so all web processes count together and no Redis is needed.

A view names its `throttle_scope`, setting THROTTLES says how many tries a scope allows in how many seconds. Every
scope counts by user, or by address for guests.
"""

from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.crypto import salted_hmac
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from shop.accounts.models import Tries

# One statement, so that of many tries at once each is counted.
_COUNT = """
INSERT INTO accounts_tries AS tries (scope, who, since, count) VALUES (%(scope)s, %(who)s, %(now)s, 1)
ON CONFLICT (scope, who) DO UPDATE SET
    count = CASE WHEN tries.since > %(before)s THEN tries.count + 1 ELSE 1 END,
    since = CASE WHEN tries.since > %(before)s THEN tries.since ELSE %(now)s END
RETURNING since, count
"""


class ScopedThrottle(BaseThrottle):
    """So many tries of a scope from one user or address; then 429 with Retry-After."""

    def __init__(self) -> None:
        self.wait_seconds = 0.0

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count this one, unless the view spares staff and it is theirs."""
        if request.user.is_staff and getattr(view, "throttle_spares_staff", False):
            return True
        scope = getattr(view, "throttle_scope", "")
        who = f"user:{request.user.pk}" if request.user.is_authenticated else self.get_ident(request)
        self.wait_seconds = seconds_to_wait(scope, who, now=timezone.now())
        return not self.wait_seconds

    def wait(self) -> float:
        """Until when, in seconds."""
        return self.wait_seconds


def seconds_to_wait(scope: str, who: str, *, now: datetime) -> float:
    """Count a try of `who`; how long to wait when there were too many, else 0. No limit, no count."""
    if scope not in settings.THROTTLES or not settings.THROTTLES[scope][0]:
        return 0.0
    most, seconds = settings.THROTTLES[scope]
    window = timedelta(seconds=seconds)
    values = {"scope": scope, "who": _anonymous(who), "now": now, "before": now - window}
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, values)
        since, count = cursor.fetchone()
    return 0.0 if count <= most else max((since + window - now).total_seconds(), 1.0)


def forget_tries(now: datetime) -> int:
    """Delete counts nobody needs any more; how many."""
    longest = max((seconds for _most, seconds in settings.THROTTLES.values()), default=0)
    return Tries.objects.filter(since__lt=now - timedelta(seconds=longest)).delete()[0]


def _anonymous(who: str) -> str:
    """Addresses of people are not kept; the same one always gives the same text."""
    return salted_hmac("accounts.throttles", who, algorithm="sha256").hexdigest()


class Throttled:
    """Mix into a view that has a `throttle_scope`."""

    throttle_classes: ClassVar = [ScopedThrottle]
