"""Countries by their two letters (ISO 3166-1), named in every language."""

from functools import lru_cache

from babel import Locale, UnknownLocaleError
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

#: Two letters that Unicode gives to what is no country: unions, outlying and made-up places.
_NO_COUNTRIES = {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}


@lru_cache
def country_codes() -> frozenset[str]:
    """All of them."""
    territories = Locale("en").territories
    return frozenset(code for code in territories if len(code) == 2 and code.isalpha()) - _NO_COUNTRIES


def country_name(code: str) -> str:
    """In the active language, or the code itself."""
    return _names(get_language() or "en").get(code, code)


def country_choices() -> list[tuple[str, str]]:
    """For forms, by name; a callable keeps them out of the migrations."""
    names = _names(get_language() or "en")
    return sorted(((code, names.get(code, code)) for code in country_codes()), key=lambda choice: choice[1])


@lru_cache
def _names(language: str) -> dict[str, str]:
    try:
        return dict(Locale.parse(language, sep="-").territories)
    except (UnknownLocaleError, ValueError):
        return dict(Locale("en").territories)


UNKNOWN_COUNTRY = _("Give the country by its two letters, such as GB.")
