"""The table of the keys of people."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class PersonalKey(models.Model):
    """The key of one person, encrypted; or that there is none any more, because the person was erased."""

    person = models.TextField(_("person"), primary_key=True)
    #: The key, encrypted with a secret of the settings; null once the person is erased.
    wrapped = models.BinaryField(_("encrypted key"), null=True)
    #: Which secret that was: a digest of it.
    wrapped_with = models.TextField(_("encrypted with"))
    created_at = models.DateTimeField(_("created at"), db_default=Now())
    erased_at = models.DateTimeField(_("erased at"), null=True)

    class Meta:
        app_label = "events"
        verbose_name = _("key of a person")
        verbose_name_plural = _("keys of people")
        default_permissions = ()
        permissions = [
            ("view_personal", "Can read personal data in events"),
            ("erase_person", "Can erase people"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(wrapped__isnull=True, erased_at__isnull=False)
                | Q(wrapped__isnull=False, erased_at__isnull=True),
                name="events_personalkey_there_or_erased",
            )
        ]

    def __str__(self) -> str:
        return self.person
