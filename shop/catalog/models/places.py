"""Where a product is found: categories in a tree, tags, and the products it goes with."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from shop.catalog.models.product import Product
from shop.catalog.models.texts import language_field, one_per_language, text_in
from shop.changes import RemembersValues


class Category(RemembersValues, models.Model):
    """A shelf of the shop, which may stand on another one. Saving a change emits catalogue.term_changed."""

    code = models.SlugField(_("code"), max_length=100, unique=True, allow_unicode=True)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("parent")
    )
    position = models.PositiveIntegerField(_("position"), default=0)

    watched_fields = ("code", "parent_id")

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["position", "code"]
        constraints = [models.CheckConstraint(condition=~Q(parent=F("id")), name="category_not_its_own_parent")]

    def __str__(self) -> str:
        return self.code

    def name_in(self, language: str) -> str:
        """The name in a language, else in English, else the code."""
        return text_in(self.translations.all(), language, "name") or self.code


class CategoryTranslation(RemembersValues, models.Model):
    """A category's name in one language."""

    category = models.ForeignKey(Category, on_delete=models.CASCADE, related_name="translations")
    language = language_field()
    name = models.CharField(_("name"), max_length=255)

    watched_fields = ("language", "name")

    class Meta:
        verbose_name = _("translation")
        verbose_name_plural = _("translations")
        ordering = ["language"]
        constraints = one_per_language("category", "category_translation")

    def __str__(self) -> str:
        return self.name


class ProductCategory(models.Model):
    """A product stands in a category."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="category_links")
    category = models.ForeignKey(
        Category, on_delete=models.PROTECT, related_name="product_links", verbose_name=_("category")
    )
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["product", "category"], name="one_link_per_category")]

    def __str__(self) -> str:
        return str(self.category)


class Tag(RemembersValues, models.Model):
    """A word that products are marked with. Saving a change emits catalogue.term_changed."""

    name = models.CharField(_("name"), max_length=50, unique=True)

    watched_fields = ("name",)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ProductTag(models.Model):
    """A product is marked with a tag."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="tag_links")
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="product_links", verbose_name=_("tag"))

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["product", "tag"], name="one_link_per_tag")]

    def __str__(self) -> str:
        return str(self.tag)


class RelatedProduct(models.Model):
    """A product that is shown beside another one."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="related_links")
    other = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="related_from", verbose_name=_("related product")
    )
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("related product")
        verbose_name_plural = _("related products")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["product", "other"], name="one_link_per_related_product"),
            models.CheckConstraint(condition=~Q(product=F("other")), name="product_not_related_to_itself"),
        ]

    def __str__(self) -> str:
        return str(self.other)
