"""Parts that fail, parts that finish at the same moment, and what is told of them."""

from pathlib import Path

import pytest
from django.db import transaction
from pytest_django import Settings

from events.testing import Rehearsal
from shop.catalog.events import ProductFullyProcessed, ProductProcessedWithFailures
from shop.catalog.models import PartState, Product, Submission
from shop.catalog.parts import PARTS
from shop.catalog.processing import give_up_part, write_part
from tests.shop.builders import at_once, event_names, staff_client
from tests.shop.documents import simple_document, submitted, whole_document

WRITERS = [f"products.write_{name}" for name in PARTS]


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.mark.django_db
def test_a_dead_part_stops_no_other_is_named_and_completes_the_product_when_it_is_replayed(events: Rehearsal) -> None:
    product, submission = submitted(whole_document())
    events.fail("products.write_images", times=6)
    events.fail("products.write_tags", times=6, error=OSError)
    events.deliver(*WRITERS)
    events.assert_dead("products.write_images", error=RuntimeError)
    events.assert_emitted(ProductProcessedWithFailures, product_id=product.pk, parts=["images", "tags"])
    events.assert_not_emitted(ProductFullyProcessed)
    shown = staff_client("catalog.view_product").get("/api/products/CHAIR/").json()
    assert shown["processing"] == {"done": 13, "total": 15, "failed": ["images", "tags"]}
    assert (shown["images"], shown["tags"], len(shown["variants"])) == ([], [], 2)

    events.replay("products.write_tags")
    events.assert_not_emitted(ProductFullyProcessed)
    events.fail("products.write_images", times=6)
    events.replay("products.write_images")
    events.replay("products.write_images")
    submission.refresh_from_db()
    assert (submission.state, submission.failed) == ("processed", [])
    assert event_names("product.f") == ["product.fully_processed"]
    assert event_names("product.processed_with_failures") == ["product.processed_with_failures"]


@pytest.mark.django_db
def test_a_part_that_failed_is_forgotten_when_a_newer_document_writes_it(events: Rehearsal) -> None:
    submitted(simple_document(tags=["first"]))
    events.fail("products.write_tags", times=6)
    events.deliver(*WRITERS)
    editor = staff_client("catalog.view_product", "catalog.change_product")
    editor.patch("/api/products/CHAIR/", {"tags": ["second"]})
    events.deliver(*WRITERS)
    editor.patch("/api/products/CHAIR/", {"details": []})
    events.deliver(*WRITERS)
    shown = editor.get("/api/products/CHAIR/").json()
    assert shown["tags"] == ["second"]
    assert shown["processing"]["failed"] == []
    events.replay("products.write_tags")  # of the first document: too old to write anything
    assert editor.get("/api/products/CHAIR/").json()["tags"] == ["second"]
    assert event_names("product.fully") == ["product.fully_processed"] * 3


@pytest.mark.django_db(transaction=True)
def test_parts_that_finish_at_the_same_moment_complete_the_product_exactly_once(settings: Settings) -> None:
    settings.EVENTS = settings.EVENTS | {"transport": "events.testing"}
    product, submission = submitted(whole_document())
    twice = [*PARTS, *PARTS]
    assert at_once([lambda name=name: write_part(submission.pk, name) for name in twice]) == [None] * 30
    submission.refresh_from_db()
    assert (submission.state, sorted(submission.done)) == ("processed", sorted(PARTS))
    assert event_names("product.fully") == ["product.fully_processed"]
    assert len(event_names("product.updated")) == 15
    assert set(PartState.objects.filter(product=product).values_list("revision", flat=True)) == {1}


@pytest.mark.django_db(transaction=True)
def test_two_documents_in_flight_end_in_the_later_one_and_settle_once_each(settings: Settings) -> None:
    settings.EVENTS = settings.EVENTS | {"transport": "events.testing"}
    names = ["details", "materials", "reviews", "tags", "translations"]
    product, first = submitted(_numbered(1))
    answer = staff_client("catalog.change_product").patch("/api/products/CHAIR/", _numbered(2))
    assert answer.status_code == 202, answer.json()
    second = Submission.objects.get(revision=2)
    jobs = [(one.pk, name) for name in names for one in (second, first)]
    dying = [lambda: give_up_part(first.pk, "tags"), lambda: give_up_part(second.pk, "materials")]
    assert at_once([lambda job=job: write_part(*job) for job in jobs] + dying) == [None] * 12
    product.refresh_from_db()
    assert [tag.name for tag in product.tags.all()] == ["tag-2"]
    assert [one.code for one in product.materials.all()] == ["material-2"]
    assert (product.name_in("en"), product.rating_count) == ("Chair 2", 2)
    assert event_names("product.fully") == ["product.fully_processed"] * 2
    assert set(Submission.objects.values_list("state", flat=True)) == {"processed"}


@pytest.mark.django_db(transaction=True)
def test_a_reader_sees_the_old_part_until_the_new_one_is_whole(settings: Settings) -> None:
    settings.EVENTS = settings.EVENTS | {"transport": "events.testing"}
    _product, submission = submitted(simple_document(tags=["old"]))
    write_part(submission.pk, "tags")
    staff_client("catalog.change_product").patch("/api/products/CHAIR/", {"tags": ["new"]})
    second = Submission.objects.get(revision=2)

    def read() -> list[str]:
        return staff_client("catalog.view_product").get("/api/products/CHAIR/").json()["tags"]

    with transaction.atomic():
        write_part(second.pk, "tags")
        assert at_once([read]) == [["old"]]
    assert read() == ["new"]


def _numbered(number: int) -> dict:
    return simple_document(
        translations={"en": {"name": f"Chair {number}"}},
        tags=[f"tag-{number}"],
        materials=[{"code": f"material-{number}"}],
        details=[{"translations": {"en": {"title": f"Detail {number}"}}}],
        reviews=[{"author": "Mona", "rating": number, "state": "approved"}] * number,
    )


@pytest.mark.django_db
def test_a_product_that_is_gone_has_no_parts_to_write(events: Rehearsal) -> None:
    product, submission = submitted(simple_document())
    Product.objects.filter(pk=product.pk).delete()
    write_part(submission.pk, "translations")
    give_up_part(submission.pk, "tags")
    events.deliver(*WRITERS)
    events.assert_done("products.write_translations")
