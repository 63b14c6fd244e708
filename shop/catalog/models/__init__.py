"""Products with everything they have; each kind of thing is its own table."""

from shop.catalog.models.facts import (
    Attribute,
    AttributeTranslation,
    AttributeValue,
    AttributeValueTranslation,
    Detail,
    DetailTranslation,
    Dimensions,
    Material,
    MaterialTranslation,
)
from shop.catalog.models.media import (
    AssemblyGuide,
    AssemblyGuideTranslation,
    Image,
    ImageTranslation,
    Video,
    VideoTranslation,
    file_url,
    web_address,
)
from shop.catalog.models.options import (
    Option,
    OptionTranslation,
    OptionValue,
    OptionValueImage,
    OptionValueImageTranslation,
    OptionValueTranslation,
    Variant,
)
from shop.catalog.models.places import (
    Category,
    CategoryTranslation,
    ProductCategory,
    ProductTag,
    RelatedProduct,
    Tag,
)
from shop.catalog.models.product import LONGEST_SLUG, Product, ProductTranslation, sku_validator
from shop.catalog.models.selling import Review, TierPrice
from shop.catalog.models.submissions import PartState, Sku, Submission
from shop.catalog.models.texts import FALLBACK_LANGUAGE, languages, text_in
from shop.catalog.models.uploads import Upload, upload_of

__all__ = [
    "FALLBACK_LANGUAGE",
    "LONGEST_SLUG",
    "AssemblyGuide",
    "AssemblyGuideTranslation",
    "Attribute",
    "AttributeTranslation",
    "AttributeValue",
    "AttributeValueTranslation",
    "Category",
    "CategoryTranslation",
    "Detail",
    "DetailTranslation",
    "Dimensions",
    "Image",
    "ImageTranslation",
    "Material",
    "MaterialTranslation",
    "Option",
    "OptionTranslation",
    "OptionValue",
    "OptionValueImage",
    "OptionValueImageTranslation",
    "OptionValueTranslation",
    "PartState",
    "Product",
    "ProductCategory",
    "ProductTag",
    "ProductTranslation",
    "RelatedProduct",
    "Review",
    "Sku",
    "Submission",
    "Tag",
    "TierPrice",
    "Upload",
    "Variant",
    "Video",
    "VideoTranslation",
    "file_url",
    "languages",
    "sku_validator",
    "text_in",
    "upload_of",
    "web_address",
]
