"""Documents of products that have everything a product can have."""

from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from shop.catalog.document import read_document
from shop.catalog.models import Product, Submission, Upload
from shop.catalog.submitting import submit_new
from shop.catalog.uploading import store_upload
from tests.shop.builders import make_product

PDF = b"%PDF-1.4\n1 0 obj <</Type /Catalog>> endobj\ntrailer <</Root 1 0 R>>\n%%EOF\n"


def picture(kind: str = "PNG", width: int = 600, height: int = 300, colour: str = "teal") -> bytes:
    """A small picture."""
    buffer = BytesIO()
    Image.new("RGB", (width, height), colour).save(buffer, kind)
    return buffer.getvalue()


def uploaded(content: bytes = b"", name: str = "chair.png") -> Upload:
    """A file that waits to be used."""
    return store_upload(SimpleUploadedFile(name, content or picture()), name)


def simple_document(sku: str = "CHAIR", **fields: Any) -> dict[str, Any]:
    """The least that a product needs."""
    return {"sku": sku, "price": "10.50", "translations": {"en": {"name": f"Oak {sku}"}}} | fields


def whole_document(sku: str = "CHAIR", **fields: Any) -> dict[str, Any]:
    """All fifteen parts, in two languages."""
    image, swatch = str(uploaded().pk), str(uploaded(picture(colour="green"), "green.png").pk)
    beside = make_product().sku
    return {
        "sku": sku,
        "price": {"amount": "10.50", "currency": "EUR"},
        "stock": {"available": 7},
        "translations": {
            "en": {"name": f"Oak {sku}", "description": "Two\nlines"},
            "ar": {"name": "كرسي", "description": "مريح"},
        },
        "categories": [
            {"code": "furniture", "translations": {"en": {"name": "Furniture"}, "ar": {"name": "أثاث"}}},
            {"code": "chairs", "parent": "furniture", "translations": {"en": {"name": "Chairs"}}},
        ],
        "images": [
            {"upload": image, "alt": {"en": "A chair", "ar": "كرسي"}, "role": "main"},
            {"upload": swatch, "alt": {"en": "Its cover"}, "position": 5},
        ],
        "videos": [{"url": "https://example.com/chair", "translations": {"en": {"title": "A chair is made"}}}],
        "attributes": [
            {"code": "wood", "value": {"value": "oak", "translations": {"ar": {"value": "بلوط"}}}},
            {"code": "rooms", "values": ["kitchen", "hall"], "translations": {"en": {"name": "Rooms"}}},
        ],
        "options": [
            {
                "code": "colour",
                "translations": {"en": {"name": "Colour"}, "ar": {"name": "اللون"}},
                "values": [
                    {
                        "code": "green",
                        "translations": {"en": {"name": "Green"}, "ar": {"name": "أخضر"}},
                        "image": {"upload": swatch, "alt": {"en": "Green cloth", "ar": "قماش أخضر"}},
                    },
                    {"code": "blue", "translations": {"en": {"name": "Blue"}}},
                ],
            }
        ],
        "variants": [
            {"sku": f"{sku}-GREEN", "option_values": {"colour": "green"}, "price": "12.00", "stock": 3},
            {"sku": f"{sku}-BLUE", "option_values": {"colour": "blue"}, "stock": 0},
        ],
        "dimensions": {"width": "45.5", "height": 90, "unit": "cm", "weight": "7.2"},
        "materials": [
            {"code": "oak", "share": "90", "translations": {"en": {"name": "Oak"}, "ar": {"name": "بلوط"}}},
            {"code": "wool", "share": "10"},
        ],
        "details": [{"translations": {"en": {"title": "Care", "text": "Keep it dry."}, "ar": {"title": "العناية"}}}],
        "guide": {"upload": str(uploaded(PDF, "guide.pdf").pk), "translations": {"en": {"title": "How to build it"}}},
        "tags": ["oak", "new"],
        "related": [beside],
        "tier_prices": [{"min_quantity": 10, "price": "9.00"}, {"min_quantity": 50, "price": "8.00"}],
        "reviews": [
            {"author": "Mona", "rating": 5, "title": "Fine", "body": "I sit well.", "state": "approved"},
            {"author": "Omar", "rating": 4, "state": "approved"},
            {"author": "Somebody", "rating": 1, "body": "Spam"},
        ],
    } | fields


def submitted(document: dict[str, Any]) -> tuple[Product, Submission]:
    """A product whose core is saved and whose parts are on their way."""
    submission = submit_new(read_document(document))
    return submission.product, submission
