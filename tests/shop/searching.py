"""Looking for words everywhere: in every column of every table, and in every value of a Redis."""

import json
from base64 import b64decode
from binascii import Error
from collections.abc import Iterable

import redis
from django.conf import settings
from django.db import connection

_TABLES = """
SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
ORDER BY relname
"""


def tables_with(words: Iterable[str]) -> dict[str, set[str]]:
    """Of each table in which one of the words stands, in any case, as text, within JSON, or as bytes: which words."""
    found: dict[str, set[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        for (table,) in cursor.fetchall():
            for word in words:
                cursor.execute(
                    f"SELECT EXISTS (SELECT FROM {table} one WHERE one::text ILIKE %s OR one::text ILIKE %s"
                    " OR strpos(one::text, %s) > 0)",
                    [f"%{word}%", f"%{word.encode().hex()}%", json.dumps(word).strip('"').replace("\\", "\\\\")],
                )
                if cursor.fetchone()[0]:
                    found.setdefault(table, set()).add(word)
    return found


def redis_texts() -> list[str]:
    """Everything that is in the Redis of the tests, with the bodies of messages decoded."""
    texts: list[str] = []
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        for key in client.scan_iter():
            values = client.lrange(key, 0, -1) if client.type(key) == b"list" else client.dump(key)
            texts += [key.decode(), *_decoded(repr(values))]
    return texts


def _decoded(text: str) -> list[str]:
    """The text, and what in it is base64."""
    texts = [text]
    for part in text.replace('"', " ").replace("'", " ").split():
        try:
            texts.append(b64decode(part, validate=True).decode())
        except (Error, ValueError):
            continue
    return texts
