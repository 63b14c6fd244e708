"""The catalogue in the admin."""

from shop.catalog.admin.places import AttributeAdmin, CategoryAdmin, TagAdmin
from shop.catalog.admin.products import OptionValueAdmin, ProductAdmin
from shop.catalog.admin.records import ReviewAdmin, SubmissionAdmin, UploadAdmin

__all__ = [
    "AttributeAdmin",
    "CategoryAdmin",
    "OptionValueAdmin",
    "ProductAdmin",
    "ReviewAdmin",
    "SubmissionAdmin",
    "TagAdmin",
    "UploadAdmin",
]
