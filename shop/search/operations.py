"""Keeping the search index."""

from django.db import connection, transaction

from shop.catalog.models import Product
from shop.search.languages import configuration_of
from shop.search.models import SearchDocument

_INDEX = """
INSERT INTO search_searchdocument (product_id, language, vector)
SELECT text.product_id, text.language,
       setweight(to_tsvector('simple', product.sku), 'A')
       || setweight(to_tsvector(%(configuration)s::regconfig, text.name), 'A')
       || setweight(to_tsvector(%(configuration)s::regconfig, text.description), 'C')
FROM catalog_producttranslation text JOIN catalog_product product ON product.id = text.product_id
WHERE text.product_id = %(product_id)s AND text.language = %(language)s
ON CONFLICT (product_id, language) DO UPDATE SET vector = excluded.vector
"""


@transaction.atomic
def index_product(product_id: int) -> None:
    """Make a product's documents again from the catalogue as it is now; safe to repeat, and in any order.

    The lock comes first: of two that index one product at once, the later one also reads later.
    """
    product = Product.objects.select_for_update(no_key=True).filter(pk=product_id).first()
    if product is None:
        return
    languages = list(product.translations.values_list("language", flat=True))
    SearchDocument.objects.filter(product=product).exclude(language__in=languages).delete()
    with connection.cursor() as cursor:
        for language in languages:
            values = {"product_id": product_id, "language": language, "configuration": configuration_of(language)}
            cursor.execute(_INDEX, values)
