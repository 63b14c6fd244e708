"""For all tests: the fixture `events`, and how thorough hypothesis is."""

from hypothesis import settings

# `make chaos` chooses it with --hypothesis-profile.
settings.register_profile("chaos", max_examples=500, stateful_step_count=80, deadline=None)

pytest_plugins = ["events.testing"]
