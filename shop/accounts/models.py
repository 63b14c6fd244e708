"""What accounts need beside Django's users: registrations that wait, and how often something was tried."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class Registration(models.Model):
    """Somebody who wants an account. There is no user, and no password, until the address is proved; so nobody can
    prepare an account for somebody else's address."""

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=200)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES)
    requested_at = models.DateTimeField(_("requested at"))

    class Meta:
        verbose_name = _("registration")
        verbose_name_plural = _("registrations")
        ordering = ["-requested_at"]
        constraints = [models.CheckConstraint(condition=Q(email=Lower("email")), name="registration_email_lower_case")]

    def __str__(self) -> str:
        return self.email


class Tries(models.Model):
    """How often one somebody did one kind of thing since `since`; the row is used again for the next stretch."""

    scope = models.CharField(_("scope"), max_length=40)
    who = models.CharField(_("who"), max_length=64)
    since = models.DateTimeField(_("since"))
    count = models.PositiveIntegerField(_("count"))

    class Meta:
        verbose_name = _("tries")
        verbose_name_plural = _("tries")
        constraints = [models.UniqueConstraint(fields=["scope", "who"], name="one_count_per_scope")]

    def __str__(self) -> str:
        return f"{self.scope}: {self.count}"
