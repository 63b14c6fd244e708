"""The customer's own address book."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from shop.customers.documents import AddressDocument, OwnAddressInput
from shop.customers.models import Address
from shop.customers.operations import save_address
from shop.customers.permissions import IsCustomer, customer_of
from shop.problems import problems

_OWN = problems(on_401="No valid token or session.", on_403="This account has no customer.")
_INVALID = problems(on_400="Fields are not valid; see `errors`.")
_UNKNOWN = problems(on_404="No such address of yours.")


@extend_schema_view(
    list=extend_schema(summary="Your addresses", responses={200: AddressDocument(many=True), **_OWN}),
    retrieve=extend_schema(summary="One of your addresses", responses={200: AddressDocument, **_OWN, **_UNKNOWN}),
    destroy=extend_schema(summary="Forget an address", responses={204: None, **_OWN, **_UNKNOWN}),
)
class AddressViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.DestroyModelMixin, viewsets.GenericViewSet
):
    """Addresses of whoever is logged in; nobody else's exist here."""

    permission_classes: ClassVar = [IsCustomer]
    serializer_class = AddressDocument
    queryset = Address.objects.none()
    filter_backends: ClassVar = []
    lookup_value_regex = r"[0-9]{1,18}"

    def get_queryset(self) -> QuerySet[Address]:
        """One's own."""
        return Address.objects.filter(customer=customer_of(self.request))

    @extend_schema(
        summary="Add an address", request=OwnAddressInput, responses={201: AddressDocument, **_OWN, **_INVALID}
    )
    def create(self, request: Request) -> Response:
        """The customer is who is logged in."""
        return self._saved(Address(customer=customer_of(request)), request, 201)

    @extend_schema(
        summary="Change an address",
        request=OwnAddressInput(partial=True),
        responses={200: AddressDocument, **_OWN, **_INVALID, **_UNKNOWN},
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Any of the fields. Orders that went there keep what they had."""
        return self._saved(self.get_object(), request, 200)

    def _saved(self, address: Address, request: Request, status: int) -> Response:
        form = OwnAddressInput(data=request.data, partial=address.pk is not None)
        form.is_valid(raise_exception=True)
        for field, value in _given(form, is_new=address.pk is None).items():
            setattr(address, field, value)
        return Response(AddressDocument(save_address(address)).data, status=status)


def _given(form: OwnAddressInput, *, is_new: bool) -> dict[str, Any]:
    """A change leaves alone what was not given, also where a new address has a default."""
    return {field: value for field, value in form.validated_data.items() if is_new or field in form.initial_data}
