"""The search index."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.utils.translation import gettext_lazy as _

from shop.catalog.models import Product


class SearchDocument(models.Model):
    """The words of a product in one language, reduced to their stems; made from the catalogue, again at will."""

    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="search_documents", verbose_name=_("product")
    )
    language = models.CharField(_("language"), max_length=10)
    vector = SearchVectorField(_("words"))

    class Meta:
        verbose_name = _("search document")
        verbose_name_plural = _("search index")
        constraints = [models.UniqueConstraint(fields=["product", "language"], name="one_search_document_per_language")]
        indexes = [GinIndex(fields=["vector"], name="search_words")]

    def __str__(self) -> str:
        return f"{self.product_id} {self.language}"
