"""Moves Python's clocks in the process whose PYTHONPATH has this directory, by the seconds in the file CHAOS_CLOCK.

Python imports it before anything else. time.time, time.time_ns and datetime's now, utcnow and today are moved; the
kernel, the database and monotonic clocks are not. libfaketime would do more, and is not installed everywhere.
"""

import datetime as datetime_module
import os
import time as time_module

_CLOCK = os.environ["CHAOS_CLOCK"]
_time, _time_ns = time_module.time, time_module.time_ns
_real_datetime = datetime_module.datetime


def ahead() -> int:
    """By how much the clock is ahead."""
    with open(_CLOCK) as clock:
        return int(clock.read() or 0)


class _Meta(type(_real_datetime)):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _real_datetime)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, _real_datetime)


class datetime(_real_datetime, metaclass=_Meta):
    """Answers real datetimes, moved."""

    @classmethod
    def now(cls, tz: object = None) -> _real_datetime:
        return _real_datetime.now(tz) + datetime_module.timedelta(seconds=ahead())

    @classmethod
    def utcnow(cls) -> _real_datetime:
        return _real_datetime.utcnow() + datetime_module.timedelta(seconds=ahead())

    @classmethod
    def today(cls) -> _real_datetime:
        return cls.now()


time_module.time = lambda: _time() + ahead()
time_module.time_ns = lambda: _time_ns() + ahead() * 10**9
datetime_module.datetime = datetime
