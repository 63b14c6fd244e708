"""Before anything else: the servers that the settings will point at."""

from tests import servers

servers.provide()

import django
from hypothesis import settings

django.setup()

# `make chaos` chooses it with --hypothesis-profile.
settings.register_profile("chaos", max_examples=500, stateful_step_count=80, deadline=None)

pytest_plugins = ["events.testing"]
