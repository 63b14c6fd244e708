"""What happens to customers."""

from pydantic import Field

from events.api import Event


class CustomerChanged(
    Event, name="customer.changed", version=1, stream="customer-{customer_id}", person="customer-{customer_id}"
):
    """Name, language or address of a customer changed; `changed` names the fields, not their values."""

    customer_id: int
    changed: list[str] = Field(examples=[["name", "language"]])
