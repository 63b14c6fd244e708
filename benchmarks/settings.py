"""The project's settings, with the benchmarks' own app and the rival outbox.

The shop's subscribers stay out: each event of the benchmarks has exactly as many subscribers as it says.
"""

from config.settings import *  # noqa: F403
from config.settings import DATABASES, INSTALLED_APPS

INSTALLED_APPS = [app for app in INSTALLED_APPS if app != "tasks"]
INSTALLED_APPS += ["benchmarks.apps.BenchmarksConfig", "django_celery_outbox"]

#: A second database in the same server, for comparing an empty log with a full one.
DATABASES["full"] = DATABASES["default"] | {"NAME": "full"}

CELERY_OUTBOX_APP = "benchmarks.rivals.outbox_app"
MONITORING_METRICS_ENABLED = False  # the rival's StatsD datagrams would slow it down
