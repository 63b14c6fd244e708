"""`events dead`: dead letters that nothing was done about, by the error that they died of."""

from argparse import Namespace
from typing import Any

from django.db import connection

from events.cli import arguments
from events.cli.choosing import add_criteria, hints, is_said, selection_of
from events.cli.endings import Ending
from events.cli.voice import Voice, shortened
from events.failure import class_of

_OPEN = """
FROM events_delivery d LEFT JOIN events_event e USING (position)
WHERE {condition} AND NOT EXISTS (SELECT FROM events_delivery later WHERE later.position = d.position
                                  AND later.subscriber = d.subscriber AND later.run > d.run)
"""
_GROUPS = f"""
SELECT d.fingerprint, count(*), min(d.finished_at), max(d.finished_at),
       array_agg(DISTINCT d.subscriber ORDER BY d.subscriber), bool_or(d.transient)
{_OPEN} GROUP BY d.fingerprint ORDER BY count(*) DESC, max(d.finished_at) DESC LIMIT %(limit)s
"""
_LETTERS = f"""
SELECT e.id || ':' || d.subscriber || ':' || d.run, d.position, e.name, e.stream, e.stream_version, d.subscriber, d.run,
       d.attempts, d.finished_at, d.fingerprint, d.transient,
       (SELECT message FROM events_attempt a WHERE a.position = d.position AND a.subscriber = d.subscriber
        AND a.run = d.run ORDER BY number DESC LIMIT 1)
{_OPEN} ORDER BY d.finished_at DESC, d.id DESC LIMIT %(limit)s
"""
_GROUP_HEADS = ("fingerprint", "count", "first_died_at", "last_died_at", "subscribers", "transient")
_LETTER_HEADS = (
    "key", "position", "event", "stream", "stream_version", "subscriber", "run", "attempts", "died_at", "fingerprint",
    "transient", "message",
)  # fmt: skip


def add_to(commands: Any) -> None:
    """Declare the subcommand."""
    parser = commands.add_parser("dead", help="open dead letters by error, or those of one group")
    parser.set_defaults(run=run)
    add_criteria(parser)
    parser.add_argument("--letters", action="store_true", help="each letter, also without --group")
    arguments.add_limit(parser, default=50)
    arguments.add_json(parser)


def run(options: Namespace, voice: Voice) -> Ending:
    """Show groups; with --group or --letters, the letters."""
    if options.group or options.letters:
        return _letters(options, voice)
    groups = _rows(_GROUPS, _GROUP_HEADS, options)
    voice.document({"groups": groups})
    voice.table(
        ["letters", "error", "subscribers", "first", "last", "goes away by itself"],
        [
            [one["count"], one["fingerprint"], ", ".join(one["subscribers"]), one["first_died_at"], one["last_died_at"],
             one["transient"]]
            for one in groups
        ],
    ) if groups else None  # fmt: skip
    return _ending(groups, options, voice)


def _letters(options: Namespace, voice: Voice) -> Ending:
    letters = _rows(_LETTERS, _LETTER_HEADS, options)
    voice.document({"letters": letters})
    for one in letters:
        what = f"{one['event']} {one['stream']} v{one['stream_version']}"
        died = f"died {one['died_at']:%Y-%m-%d %H:%M:%S} after {one['attempts']} attempts"
        voice.say(f"{one['key']}  {what}  {died}")
        voice.say(f"    {class_of(one['fingerprint'])}: {shortened(one['message'] or '', 200)}")
    return _ending(letters, options, voice)


def _ending(found: list[dict[str, Any]], options: Namespace, voice: Voice) -> Ending:
    if found:
        return Ending.FINE
    voice.note(f"No open dead letter{' matched' if is_said(options) else ''}{hints(options)}.")
    return Ending.NOTHING


def _rows(statement: str, heads: tuple[str, ...], options: Namespace) -> list[dict[str, Any]]:
    selection = selection_of(options)
    values = selection.parameters() | {"limit": options.limit}
    with connection.cursor() as cursor:
        cursor.execute(statement.format(condition=selection.condition()), values)
        return [dict(zip(heads, row, strict=True)) for row in cursor.fetchall()]
