"""Keeping the search index."""

from django.db import connection, transaction

from shop.catalog.models import Product
from shop.search.languages import configuration_of
from shop.search.models import SearchDocument

# Whatever a product is found by, in one language; final ى is written as ي, as `find_products` does with what is typed.
_INDEX = """
INSERT INTO search_searchdocument (product_id, language, vector)
SELECT text.product_id, text.language,
       setweight(to_tsvector('simple', product.sku), 'A')
       || setweight(to_tsvector('simple', coalesce(variants.skus, '')), 'A')
       || setweight(to_tsvector(%(configuration)s::regconfig, translate(text.name, 'ى', 'ي')), 'A')
       || setweight(to_tsvector(%(configuration)s::regconfig, translate(coalesce(words.all, ''), 'ى', 'ي')), 'B')
       || setweight(to_tsvector(%(configuration)s::regconfig, translate(text.description, 'ى', 'ي')), 'C')
FROM catalog_producttranslation text JOIN catalog_product product ON product.id = text.product_id
CROSS JOIN LATERAL (
    SELECT string_agg(sku, ' ' ORDER BY sku) AS skus FROM catalog_variant WHERE product_id = product.id
) variants
CROSS JOIN LATERAL (
    SELECT string_agg(word, ' ') AS all FROM (
        SELECT name AS word FROM catalog_productcategory JOIN catalog_categorytranslation USING (category_id)
        WHERE product_id = product.id AND language = text.language
        UNION ALL
        SELECT tag.name FROM catalog_producttag link JOIN catalog_tag tag ON tag.id = link.tag_id
        WHERE link.product_id = product.id
        UNION ALL
        SELECT coalesce(own.value, given.value) FROM catalog_attributevalue given
        LEFT JOIN catalog_attributevaluetranslation own
               ON own.attribute_value_id = given.id AND own.language = text.language
        WHERE given.product_id = product.id
    ) found
) words
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
