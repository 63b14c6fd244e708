"""A product of fifteen parts in the admin: every part is a tab, and saving there works at once."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from shop.catalog.models import Category, Image, OptionValue, Product, Review, Submission
from tests.shop.builders import logged, make_product
from tests.shop.documents import picture, submitted, whole_document
from tests.shop.pages import form_values

pytestmark = pytest.mark.django_db


@pytest.fixture
def product(settings: Settings, tmp_path: Path) -> Product:
    settings.MEDIA_ROOT = tmp_path
    settings.PRODUCT_PARTS = "request"
    return Product.objects.get(pk=submitted(whole_document())[0].pk)


def change_page(thing: Any) -> str:
    return reverse(f"admin:catalog_{thing._meta.model_name}_change", args=[thing.pk])


def save(client: Client, thing: Any, **changes: Any) -> Any:
    """What a browser sends when these fields are changed on the page."""
    values = form_values(client.get(change_page(thing)).content.decode())
    unknown = set(changes) - set(values) - {name for name in changes if name.endswith("-file")}
    assert not unknown, sorted(values)
    return client.post(change_page(thing), values | changes)


def test_the_page_shows_every_part_in_both_languages_of_the_admin(admin_client: Client, product: Product) -> None:
    english = admin_client.get(change_page(product), headers={"Accept-Language": "en"}).content.decode()
    arabic = admin_client.get(change_page(product), headers={"Accept-Language": "ar"}).content.decode()
    for page in (english, arabic):
        for text in ("Oak CHAIR", "كرسي", "A chair is made", "بلوط", "اللون", "CHAIR-GREEN", "Keep it dry."):
            assert text in page
        assert "15/15" in page
    assert 'dir="rtl"' in arabic


def test_saving_an_untouched_page_changes_and_tells_nothing(admin_client: Client, product: Product) -> None:
    before = logged("product.updated")
    answer = save(admin_client, product)
    assert answer.status_code == 302, answer.context["errors"]
    assert logged("product.updated") == before


def test_parts_are_changed_with_their_texts_and_told_in_one_event(admin_client: Client, product: Product) -> None:
    before = len(logged("product.updated"))
    answer = save(
        admin_client,
        product,
        **{
            "images-0-translations-0-alt": "كرسي من البلوط",
            "images-0-role": "front",
            "tier_prices-0-price_0": "8.50",
            "variants-0-is_active": "",
            "dimensions-0-weight": "8",
        },
    )
    assert answer.status_code == 302, answer.context["errors"]
    assert [one["changed"] for one in logged("product.updated")[before:]] == [
        ["dimensions", "images", "tier_prices", "variants"]
    ]
    assert product.images.first().translations.get(language="ar").alt == "كرسي من البلوط"


def test_a_new_image_gets_its_smaller_pictures_and_the_first_is_the_picture(
    admin_client: Client, product: Product
) -> None:
    answer = save(
        admin_client, product, **{"images-0-file": SimpleUploadedFile("new.jpg", picture("JPEG", colour="red"))}
    )
    assert answer.status_code == 302, answer.context["errors"]
    image = product.images.first()
    assert image.file.name == "products/new.jpg"
    assert image.small == "products/new.jpg.160.webp"
    assert image.file.storage.exists(image.large)
    product.refresh_from_db()
    assert product.picture.name == image.file.name


def test_a_sku_of_another_product_or_variant_is_an_error_of_its_field(admin_client: Client, product: Product) -> None:
    other = make_product("OTHER")
    answer = save(admin_client, product, **{"variants-0-sku": "OTHER"})
    assert answer.status_code == 200
    assert ["Another product has this already."] in answer.context["errors"]
    answer = save(admin_client, other, sku="CHAIR-GREEN")
    assert answer.context["adminform"].form.errors["sku"] == ["Another product has this already."]


def test_a_value_of_an_option_has_a_page_with_its_names_and_its_image(admin_client: Client, product: Product) -> None:
    value = OptionValue.objects.get(code="green")
    answer = save(admin_client, value, **{"translations-0-name": "أخضر غامق", "image-0-translations-0-alt": "قماش"})
    assert answer.status_code == 302, answer.context["errors"]
    assert logged("product.updated")[-1]["changed"] == ["options"]
    assert value.translations.get(language="ar").name == "أخضر غامق"


def test_reviews_are_moderated_and_counted(admin_client: Client, product: Product) -> None:
    spam, fine = Review.objects.get(state="pending"), Review.objects.get(author="Mona")
    assert product.rating_count == 2
    path = reverse("admin:catalog_review_changelist")
    admin_client.post(path, {"action": "approve", "_selected_action": [spam.pk]})
    admin_client.post(path, {"action": "reject", "_selected_action": [fine.pk]})
    product.refresh_from_db()
    assert (product.rating_count, str(product.rating_average)) == (2, "2.50")


def test_a_category_never_stands_in_itself(admin_client: Client, product: Product) -> None:
    furniture = Category.objects.get(code="furniture")
    answer = save(admin_client, furniture, parent=str(Category.objects.get(code="chairs").pk))
    assert answer.context["adminform"].form.errors["parent"] == ["A category cannot stand in itself."]


def test_submissions_and_uploads_are_shown(admin_client: Client, product: Product) -> None:
    listing = admin_client.get(reverse("admin:catalog_submission_changelist")).content.decode()
    assert "15/15" in listing
    assert admin_client.get(change_page(Submission.objects.get())).status_code == 200
    assert admin_client.get(reverse("admin:catalog_upload_changelist")).status_code == 200
    assert Image.objects.count() == 2
