"""Projections: read models fed from the log, and made again from it beside the live ones.

declaration     what a projection is, and the decorator that makes a function one
checking        what can be said of one before the first event
lag             how far each is behind
waiting         for a read model that knows of one's own write
rebuilding      start, go on with and cancel a rebuild: batch after batch, pass after pass
├── tables      beside the live ones, and at the end in their place
├── reading     the log, in passes
├── applying    a batch, and naming the event that cannot be applied
└── swapping    the tables, when little is left
    └── settling    what was read is done
driving         the relay's duty, and the task of the workers
"""

from events.projections.declaration import Fact, Projection, projection, projection_named, projections

__all__ = ["Fact", "Projection", "projection", "projection_named", "projections"]
