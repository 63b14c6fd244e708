"""Using coupons up, and giving uses back. The coupon's own row is the lock: its users queue for it."""

import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from shop.customers.models import Customer
from shop.errors import CouponRefused
from shop.pricing.models import Coupon, CouponUse


@transaction.atomic(savepoint=False)
def take(code: str, customer: Customer, reference: uuid.UUID, *, now: datetime) -> None:
    """Use the coupon once, in the transaction of the order. Raises CouponRefused, and then all of it is rolled back.

    One conditional UPDATE decides, so the limit holds however many ask at once; and it locks the row until the order is
    stored, so "once per customer" may be looked up after it.
    """
    usable = Coupon.objects.filter(Q(limit=None) | Q(used_count__lt=F("limit")), code=code, active=True)
    usable = usable.filter(Q(valid_from=None) | Q(valid_from__lte=now), Q(valid_until=None) | Q(valid_until__gt=now))
    if not usable.update(used_count=F("used_count") + 1):
        raise CouponRefused(coupon=code, why=_("it is not valid any more, or used up."))
    coupon = Coupon.objects.get(code=code)
    if coupon.once_per_customer and coupon.uses.filter(customer=customer).exists():
        raise CouponRefused(coupon=code, why=_("you have used it already."))
    CouponUse.objects.create(coupon=coupon, customer=customer, reference=reference, used_at=now)


@transaction.atomic
def give_back(reference: uuid.UUID) -> None:
    """The order was never placed, so its coupon was not used; safe to repeat."""
    use = CouponUse.objects.filter(reference=reference).first()
    if use is None:
        return
    Coupon.objects.select_for_update().get(pk=use.coupon_id)
    if CouponUse.objects.filter(pk=use.pk).delete()[0]:
        Coupon.objects.filter(pk=use.coupon_id).update(used_count=F("used_count") - 1)
