"""Texts in every language: the columns that all tables of texts have, and which text a reader gets."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

FALLBACK_LANGUAGE = "en"


def languages() -> list[tuple[str, str]]:
    """The languages a text can have; a callable keeps them out of the migrations."""
    return settings.LANGUAGES


def language_field() -> models.CharField:
    """The column that says in which language a row is."""
    return models.CharField(_("language"), max_length=10, choices=languages)


def one_per_language(of: str, table: str) -> list[models.UniqueConstraint]:
    """The constraint that a thing has one text in a language at most."""
    return [models.UniqueConstraint(fields=[of, "language"], name=f"one_{table}_per_language")]


def text_in(translations: Iterable[Any], language: str, field: str) -> str:
    """That field in a language, else in its main language, else in English, else nothing."""
    texts = {text.language: getattr(text, field) for text in translations}
    return texts.get(language) or texts.get(language.split("-")[0]) or texts.get(FALLBACK_LANGUAGE) or ""
