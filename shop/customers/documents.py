"""Addresses as documents."""

from typing import Any

from rest_framework import serializers

from shop.customers.countries import UNKNOWN_COUNTRY, country_codes
from shop.customers.models import Address
from shop.strict import StrictBooleanField, StrictSerializer, TextField


class CountryField(TextField):
    """A country by its two letters, in any case."""

    default_error_messages = {"unknown": UNKNOWN_COUNTRY}

    def to_internal_value(self, data: Any) -> str:
        """Validate the type first."""
        code = super().to_internal_value(data).upper()
        if code not in country_codes():
            self.fail("unknown")
        return code


class AddressInput(StrictSerializer):
    """Where something goes."""

    name = TextField(max_length=200)
    line1 = TextField(max_length=200)
    line2 = TextField(max_length=200, required=False, allow_blank=True, default="")
    city = TextField(max_length=100)
    region = TextField(max_length=100, required=False, allow_blank=True, default="")
    postal_code = TextField(max_length=20, required=False, allow_blank=True, default="")
    country = CountryField(max_length=2, help_text="Two letters, such as GB.")
    phone = TextField(max_length=40, required=False, allow_blank=True, default="")


class OwnAddressInput(AddressInput):
    """An address in the customer's address book."""

    is_default_shipping = StrictBooleanField(required=False)
    is_default_billing = StrictBooleanField(required=False)


class AddressDocument(serializers.ModelSerializer):
    """An address in the customer's address book."""

    class Meta:
        model = Address
        fields = ["id", *Address.FIELDS, "is_default_shipping", "is_default_billing"]
        read_only_fields = fields
