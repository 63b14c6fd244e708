"""Writing the audit trail."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from shop.audit.models import AuditEntry


def record_entry(
    *,
    event_id: UUID,
    name: str,
    stream: str,
    actor: str,
    correlation_id: UUID,
    payload: Mapping[str, Any],
    occurred_at: datetime,
) -> None:
    """Append an entry; there is one per event at most, or IntegrityError."""
    AuditEntry.objects.create(
        event_id=event_id,
        name=name,
        stream=stream,
        actor=actor,
        correlation_id=correlation_id,
        summary=", ".join(f"{field} {value}" for field, value in payload.items()),
        occurred_at=occurred_at,
    )
