"""What products share, in the admin: categories, tags, attributes."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from shop.catalog.admin.inlines import texts
from shop.catalog.models import Attribute, AttributeTranslation, Category, CategoryTranslation, Tag


class CategoryForm(forms.ModelForm):
    """A category."""

    def clean_parent(self) -> Category | None:
        """A category does not stand in itself, however far up."""
        parent = above = self.cleaned_data["parent"]
        while above is not None and self.instance.pk:
            if above.pk == self.instance.pk:
                raise ValidationError(_("A category cannot stand in itself."), code="ring")
            above = above.parent
        return parent


@admin.register(Category)
class CategoryAdmin(ModelAdmin):
    """The tree of categories."""

    form = CategoryForm
    list_display = ["code", "parent", "position"]
    list_select_related = ["parent"]
    search_fields = ["code", "translations__name"]
    autocomplete_fields = ["parent"]
    inlines = [texts(CategoryTranslation)]


@admin.register(Attribute)
class AttributeAdmin(ModelAdmin):
    """The attributes that products can have."""

    list_display = ["code"]
    search_fields = ["code", "translations__name"]
    inlines = [texts(AttributeTranslation)]


@admin.register(Tag)
class TagAdmin(ModelAdmin):
    """The tags."""

    list_display = ["name"]
    search_fields = ["name"]
