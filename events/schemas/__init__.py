"""What the events look like, for programs and for people: a JSON Schema of each version, one AsyncAPI document of all,
and what would break whoever reads the log.

Everything is made from the catalogue alone, in the same order every time, and nothing here asks the database.
"""

from events.schemas.asyncapi import asyncapi
from events.schemas.breaking import Break, breaks
from events.schemas.described import DescribedEvent, described_event, described_events, summary_of
from events.schemas.files import ASYNCAPI, SchemaFiles, schema_name

__all__ = [
    "ASYNCAPI",
    "Break",
    "DescribedEvent",
    "SchemaFiles",
    "asyncapi",
    "breaks",
    "described_event",
    "described_events",
    "schema_name",
    "summary_of",
]
