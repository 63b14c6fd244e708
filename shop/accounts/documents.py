"""Accounts as documents: what the API accepts and shows."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.utils.translation import get_language
from rest_framework import serializers

from shop.strict import EmailField, StrictBooleanField, StrictSerializer, TextField


class PasswordField(TextField):
    """As it was typed: spaces count."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=200, write_only=True, trim_whitespace=False, **options)


class RegisterInput(StrictSerializer):
    """Who wants an account; the language defaults to the request's."""

    email = EmailField(max_length=150)
    name = TextField(max_length=200)
    language = serializers.ChoiceField(settings.LANGUAGES, required=False)

    @property
    def wish(self) -> dict[str, str]:
        """With a language."""
        active = (get_language() or settings.LANGUAGE_CODE).split("-")[0]
        return {"language": active if active in dict(settings.LANGUAGES) else "en", **self.validated_data}


class LinkInput(StrictSerializer):
    """What the link of a mail ends with, and the password that is chosen."""

    token = TextField(max_length=1000)
    password = PasswordField()


class LogInInput(StrictSerializer):
    """With `session`, a session cookie is set as well, for pages."""

    username = TextField(max_length=150, help_text="The e-mail address; staff may have another name.")
    password = PasswordField()
    session = StrictBooleanField(required=False, default=False)


class LogOutInput(StrictSerializer):
    """With `everywhere`, every token of the user ends."""

    everywhere = StrictBooleanField(required=False, default=False)


class ForgottenInput(StrictSerializer):
    """Whose password was forgotten."""

    email = EmailField(max_length=254)


class PasswordInput(StrictSerializer):
    """The old and the new."""

    current_password = PasswordField()
    new_password = PasswordField()


class ProfileInput(StrictSerializer):
    """What one may change of oneself."""

    name = TextField(max_length=200, required=False)
    language = serializers.ChoiceField(settings.LANGUAGES, required=False)


class TokenDocument(serializers.Serializer):
    """Send it as `Authorization: Token …`. Only a hash of it is kept, so it is shown once."""

    token = serializers.CharField()
    expires_at = serializers.DateTimeField()


class ProfileDocument(serializers.ModelSerializer):
    """Who is logged in. Without an account of a customer, `language` is null."""

    name = serializers.SerializerMethodField()
    language = serializers.SerializerMethodField()
    roles = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = ["username", "email", "name", "language", "is_staff", "roles"]
        read_only_fields = fields

    def get_name(self, user: User) -> str:
        """As the customer is addressed."""
        customer = getattr(user, "customer", None)
        return customer.name if customer else user.get_full_name()

    def get_language(self, user: User) -> str | None:
        """Of mails and papers."""
        customer = getattr(user, "customer", None)
        return customer.language if customer else None

    def get_roles(self, user: User) -> list[str]:
        """The groups of staff."""
        return sorted(user.groups.values_list("name", flat=True))
