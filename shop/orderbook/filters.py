"""What the list of orders can be narrowed to: `?status=paid&customer=someone@example.com&held=true&search=BR-`."""

from typing import Any, ClassVar

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, Lookup, Q, QuerySet, Subquery
from django_filters import rest_framework as filters
from rest_framework.filters import SearchFilter
from rest_framework.request import Request

from shop.customers.models import Customer
from shop.orderbook.models import OrderListEntry
from shop.orders.permissions import sees_all_orders


class OrderFilters(filters.FilterSet):
    """Each by an index. Addresses and numbers of orders are found in whatever case."""

    customer = filters.CharFilter(method="of_customer")
    held = filters.BooleanFilter(method="that_are_held")

    class Meta:
        model = OrderListEntry
        fields: ClassVar = ["status"]

    def of_customer(self, entries: QuerySet[OrderListEntry], _name: str, email: str) -> QuerySet[OrderListEntry]:
        """Of whoever has that e-mail address."""
        return entries.filter(customer_id=Subquery(Customer.objects.filter(email=email.lower()).values("pk")))

    def that_are_held(self, entries: QuerySet[OrderListEntry], _name: str, held: bool) -> QuerySet[OrderListEntry]:
        """For staff: customers do not learn that their order is held."""
        return entries.filter(is_held=held) if sees_all_orders(self.request.user) else entries


class AmongKeys(Lookup):
    """`key = ANY (ARRAY (SELECT …))`: unlike IN, it can be read by an index also beside an OR."""

    lookup_name = "among"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """The keys come in parentheses."""
        key, key_values = self.process_lhs(compiler, connection)
        keys, keys_values = self.process_rhs(compiler, connection)
        return f"{key} = ANY {keys}", [*key_values, *keys_values]


class OrderSearch(SearchFilter):
    """Finds an order by its number, and the orders of customers whose address begins so."""

    def filter_queryset(
        self, request: Request, queryset: QuerySet[OrderListEntry], view: Any
    ) -> QuerySet[OrderListEntry]:
        """Of several words, all must be found."""
        for word in self.get_search_terms(request):
            customers = Customer.objects.filter(email__startswith=word.lower()).order_by()
            of_them = AmongKeys(F("customer_id"), ArraySubquery(customers.values("pk")))
            queryset = queryset.filter(Q(number=word.upper()) | Q(of_them))
        return queryset
