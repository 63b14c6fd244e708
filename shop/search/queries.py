"""Finding products by words."""

import re

from django.conf import settings
from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import F, Max, Q, QuerySet

from shop.catalog.models import Product
from shop.search.languages import configuration_of
from shop.search.models import SearchDocument

LONGEST_TEXT = 200


def find_products(products: QuerySet[Product], text: str) -> QuerySet[Product]:
    """The products that have all these words in one of their languages, the best first; all of them for no words.

    Words are found by their stems, the last one also by its beginning, so that typing finds. `"quoted words"`, `or` and
    `-without` mean what they do in a web search.
    """
    text = text.replace("\0", " ").replace("ى", "ي").strip()[:LONGEST_TEXT]
    if not text:
        return products
    documents, rank = _matching(text)
    found = documents.values("product_id")
    return products.filter(pk__in=found).annotate(rank=Max(rank)).order_by("-rank", "sku")


def _matching(text: str) -> tuple[QuerySet[SearchDocument], SearchRank]:
    matches = Q()
    any_query = None
    for language, _name in settings.LANGUAGES:
        query = _query(text, configuration_of(language))
        matches |= Q(language=language, vector=query)
        any_query = query if any_query is None else any_query | query
    return SearchDocument.objects.filter(matches), SearchRank(F("search_documents__vector"), any_query)


def _query(text: str, configuration: str) -> SearchQuery:
    query = SearchQuery(text, config=configuration, search_type="websearch")
    if beginning := re.search(r"(?<![\w\"-])\w+\Z", text):
        words_before = text[: beginning.start()].strip()
        prefix = SearchQuery(f"{beginning.group()}:*", config=configuration, search_type="raw")
        if words_before:
            prefix = SearchQuery(words_before, config=configuration, search_type="websearch") & prefix
        query = query | prefix
    return query
