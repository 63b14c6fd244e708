"""Loaded by pytest before anything reads the settings (`-p tests.provided` in pyproject.toml): servers come first."""

from tests import servers

servers.provide()
