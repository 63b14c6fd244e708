"""One record of each call to other systems, for pages that show them."""

from uuid import uuid4

from django.utils import timezone
from djmoney.money import Money

from shop.crm.models import Contact
from shop.orders.models import Order
from shop.partners.models import Conversion, Partner
from shop.sales.models import SalesNote
from shop.warehouse.models import Shipment


def make_outside_records(order: Order) -> None:
    """A shipment and a contact that failed, a partner with a conversion, and a note."""
    failed = {"tried_at": timezone.now(), "error": "The service is not available: <b>it answered 500</b>"}
    Shipment.objects.create(order=order, number=1, lines=[{"sku": "CHAIR", "quantity": 1}], **failed)
    Contact.objects.get_or_create(customer=order.customer, defaults=failed)
    partner = Partner.objects.create(code="lamp-blog", name="The lamp blog")
    Conversion.objects.create(
        event_id=uuid4(),
        order=order,
        partner=partner,
        kind="conversion",
        amount=Money(10, "GBP"),
        commission=Money("0.50", "GBP"),
        commission_percent=5,
    )
    SalesNote.objects.get_or_create(key="test", defaults={"kind": "order", "order": order, "text": "A note"})
