"""Which of PostgreSQL's text search configurations reduces the words of which language."""

CONFIGURATIONS = {"en": "english", "ar": "arabic"}


def configuration_of(language: str) -> str:
    """The configuration for a language; words of other languages are taken as they are."""
    return CONFIGURATIONS.get(language.split("-")[0], "simple")
