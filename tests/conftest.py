"""Before anything else: the servers that the settings will point at."""

from tests import servers

servers.provide()

import django

django.setup()
