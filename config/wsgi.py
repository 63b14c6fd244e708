"""The web application, for gunicorn: `gunicorn config.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

from events.checks import refuse_contradictions  # noqa: E402 (Django comes first)

refuse_contradictions()
