"""What the list of products can be narrowed to: `?category=chairs&tag=oak&price_max=100&in_stock=true`."""

from typing import ClassVar

import django_filters
from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _

from shop.catalog.models import AttributeValue, Product, ProductCategory, ProductTag
from shop.stock.queries import pieces

MAX_CONDITIONS = 10
_YES_OR_NO = [("true", _("yes")), ("false", _("no"))]
_MONEY: dict = {"field_name": "price", "min_value": 0, "max_digits": 14, "decimal_places": 2}
# UNION, not UNION ALL: it ends even if somebody made a ring of categories.
_WITH_CHILDREN = """
WITH RECURSIVE below AS (
    SELECT id FROM catalog_category WHERE code = %s
    UNION
    SELECT child.id FROM catalog_category child JOIN below ON child.parent_id = below.id
) SELECT id FROM below
"""


class ProductFilter(django_filters.FilterSet):
    """All that is asked for must be so. What is not valid is refused; what nobody has finds nothing."""

    category = django_filters.CharFilter(
        method="in_category", help_text=_("The code of a category; what stands in those below it is found too.")
    )
    tag = django_filters.CharFilter(method="with_tags", help_text=_("A tag; given again, all of them are wanted."))
    attribute = django_filters.CharFilter(
        method="with_attributes",
        help_text=_("An attribute and its value, such as `wood:oak`; given again, all of them are wanted."),
    )
    price_min = django_filters.NumberFilter(lookup_expr="gte", **_MONEY)
    price_max = django_filters.NumberFilter(lookup_expr="lte", **_MONEY)
    currency = django_filters.ChoiceFilter(
        field_name="price_currency", choices=lambda: [(code, code) for code in settings.CURRENCIES]
    )
    in_stock = django_filters.ChoiceFilter(
        choices=_YES_OR_NO, method="with_stock", help_text=_("Whether it can be ordered now.")
    )

    class Meta:
        model = Product
        fields: ClassVar[list[str]] = []

    def in_category(self, products: QuerySet[Product], _name: str, code: str) -> QuerySet[Product]:
        """In that category or one below it."""
        below = RawSQL(_WITH_CHILDREN, [code])
        return products.filter(Exists(ProductCategory.objects.filter(product=OuterRef("pk"), category__in=below)))

    def with_tags(self, products: QuerySet[Product], name: str, _last: str) -> QuerySet[Product]:
        """With every one of these tags, in whatever case."""
        for tag in self._all(name):
            products = products.filter(Exists(ProductTag.objects.filter(product=OuterRef("pk"), tag__name__iexact=tag)))
        return products

    def with_attributes(self, products: QuerySet[Product], name: str, _last: str) -> QuerySet[Product]:
        """With every one of these values, in any language; without a value, with the attribute."""
        for condition in self._all(name):
            code, _colon, value = condition.partition(":")
            values = AttributeValue.objects.filter(product=OuterRef("pk"), attribute__code=code)
            if value:
                values = values.filter(Q(value__iexact=value) | Q(translations__value__iexact=value))
            products = products.filter(Exists(values))
        return products

    def with_stock(self, products: QuerySet[Product], _name: str, wanted: str) -> QuerySet[Product]:
        """With pieces that can be ordered, of its variants if it has some; or without."""
        counted = products.annotate(pieces=pieces())
        return counted.filter(pieces__gt=0) if wanted == "true" else counted.filter(pieces=0)

    def _all(self, name: str) -> list[str]:
        """Every value of a parameter; the form knows the last one only."""
        given = self.data.getlist(name) if hasattr(self.data, "getlist") else [self.data[name]]
        return [value.strip() for value in given if value.strip() and "\0" not in value][:MAX_CONDITIONS]
