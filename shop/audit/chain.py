"""Reading the audit trail again and computing its chain anew: whatever was done to it behind the shop's back shows."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC

from shop.audit.models import AuditEntry, AuditSeal

MAX_FAULTS = 20


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a trail: the number of its last entry, and the hash that stands for all of them."""

    number: int = 0
    hash: bytes = b""

    def __str__(self) -> str:
        return f"{self.number}:{self.hash.hex()}"

    @classmethod
    def parse(cls, text: str) -> "Head":
        """Read what str() has written. Raises ValueError for anything else."""
        number, digest = text.split(":")
        return cls(int(number), bytes.fromhex(digest))


@dataclass(slots=True)
class Verdict:
    """What reading the trail found; nothing in `faults` means that it is as it was written."""

    head: Head = field(default_factory=Head)
    entry_count: int = 0
    seal_count: int = 0
    faults: list[str] = field(default_factory=list)


def hash_of(entry: AuditEntry, before: bytes) -> bytes:
    """SHA-256 over the hash before and the entry as JSON, which is how the database wrote it."""
    content = [
        entry.pk,
        str(entry.event_id),
        entry.name,
        entry.stream,
        entry.actor,
        str(entry.correlation_id),
        entry.summary,
        entry.occurred_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f"),
    ]
    return hashlib.sha256(before + json.dumps(content, ensure_ascii=False).encode()).digest()


def verify(known: Head | None = None) -> Verdict:
    """Read the whole trail, and compare it with its seals and with a head that somebody kept elsewhere. Stops after
    MAX_FAULTS, for after some everything is wrong."""
    seals = {seal.number: bytes(seal.hash) for seal in AuditSeal.objects.all()}
    verdict = Verdict(seal_count=len(seals))
    expected = seals | ({known.number: known.hash} if known else {})
    for fault in _faults(verdict, expected):
        verdict.faults.append(fault)
        if len(verdict.faults) == MAX_FAULTS:
            break
    return verdict


def _faults(verdict: Verdict, expected: dict[int, bytes]) -> Iterator[str]:
    head = Head()
    for entry in AuditEntry.objects.order_by("pk").iterator(chunk_size=2000):
        stored = bytes(entry.hash)
        if entry.pk != head.number + 1:
            yield f"entries {head.number + 1} to {entry.pk - 1} are missing"
        elif stored != hash_of(entry, head.hash):
            yield f"entry {entry.pk} ({entry}) is not what was written there"
        if expected.pop(entry.pk, stored) != stored:
            yield f"entry {entry.pk} is not the one that was sealed: the trail up to it was written anew"
        verdict.head = head = Head(entry.pk, stored)
        verdict.entry_count += 1
    for number in sorted(expected):
        yield f"the trail ends at entry {head.number}, but entry {number} was sealed: its end is gone"
