"""What happens to papers."""

from events.api import Event


class PaperIssued(Event, name="paper.issued", version=1, stream="paper-{paper_id}"):
    """An invoice or a credit note got its number; `kind` is "invoice" or "credit_note"."""

    paper_id: int
    number: str
    kind: str
    order_id: int
    customer_id: int
