"""Promises of the configuration, the processes and the project files."""
