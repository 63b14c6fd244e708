"""The one form of the pages: a password, chosen twice."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

_NEW = forms.PasswordInput(attrs={"autocomplete": "new-password"})


class ChooseForm(forms.Form):
    """Whether it is good enough, the operation says."""

    password = forms.CharField(label=gettext_lazy("Password"), max_length=200, strip=False, widget=_NEW)
    again = forms.CharField(label=gettext_lazy("Password again"), max_length=200, strip=False, widget=_NEW)

    def clean(self) -> None:
        """Typed twice alike."""
        values = super().clean() or {}
        if values.get("password") != values.get("again"):
            self.add_error("again", _("This is not the same password."))
