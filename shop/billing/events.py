"""What happens to papers."""

from pydantic import Field

from events.api import Event


class PaperIssued(Event, name="paper.issued", version=1, stream="paper-{paper_id}", person="customer-{customer_id}"):
    """An invoice or a credit note got its number; `kind` is "invoice" or "credit_note"."""

    paper_id: int
    number: str = Field(examples=["INV-2025-000042"])
    kind: str = Field(examples=["invoice"])
    order_id: int
    customer_id: int
