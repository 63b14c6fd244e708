"""The platform in the admin: everything can be read, and a dead delivery can be run again."""

from events.admin import attempts, dead_letters, deliveries, events, outbox, task_results

__all__ = ["attempts", "dead_letters", "deliveries", "events", "outbox", "task_results"]
