"""The pages at the root of the site: complete by themselves, in both languages, and never a way to other files."""

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client
from djmoney.money import Money

from config.home import documents
from config.home.flow import Flow, shown
from events.figures import Count, Figures
from shop.catalog.operations import NewProduct, Text, create_products

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_cached_figures() -> Iterator[None]:
    """Figures are kept for a second."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def project(tmp_path: Path, settings) -> Path:
    """A project with documents of its own."""
    (tmp_path / "docs" / "pictures").mkdir(parents=True)
    (tmp_path / "README.md").write_text(
        "# The `read` me\n\n[more](docs/more.md#part) ![flow](docs/pictures/flow.svg) [code](events/api.py)"
        " [far](https://example.com/) [rules](CONTRIBUTING.md)\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\nx < y\n```\n"
    )
    (tmp_path / "CONTRIBUTING.md").write_text("# Contributing\n")
    (tmp_path / "docs" / "more.md").write_text("# More\n\n[back](../README.md) ![flow](pictures/flow.svg)\n")
    (tmp_path / "docs" / "pictures" / "flow.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (tmp_path / "docs" / "secret.txt").write_text("secret")
    (tmp_path / "secret.png").write_text("secret")
    settings.BASE_DIR = tmp_path
    return tmp_path


def figures(**counts: int) -> Figures:
    names = ("events", "done", "retrying", "dead_open", "waiting", "per_minute")
    return Figures(**{name: Count(counts.get(name, 0)) for name in names}, lag_seconds=counts.get("lag", 0))


def test_the_home_page_is_complete_without_scripts(client: Client) -> None:
    text = client.get("/").content.decode()
    for link in ('href="/docs/"', 'href="/api/docs/"', 'href="/admin/"', 'data-figure="events"'):
        assert link in text
    assert len(re.findall(r"[.!?](?:\s|$)", re.search(r'class="lead">([^<]+)<', text)[1])) == 3


def test_the_home_page_names_no_other_host(client: Client, settings) -> None:
    settings.FLOWER_URL = ""
    for path in ("/", "/docs/", "/figures/"):
        response = client.get(path)
        assert not re.findall(r'(?:src|action|hx-get|rel="stylesheet" href)="(?:https?:)?//', response.content.decode())
        assert "default-src 'self'" in response.headers["Content-Security-Policy"]


def test_the_home_page_shows_the_newest_products_in_the_language_of_the_visitor(client: Client) -> None:
    texts = {"en": Text("Oak chair"), "ar": Text("كرسي")}
    create_products([NewProduct(sku="A", slug="a", price=Money(Decimal("12.50"), "GBP"), texts=texts)])
    assert "Oak chair" in client.get("/").content.decode()
    arabic = client.get("/", headers={"accept-language": "ar"}).content.decode()
    assert "كرسي" in arabic
    assert 'dir="rtl"' in arabic
    assert '<bdi dir="ltr">£12.50</bdi>' in arabic


def test_the_language_is_switched_by_a_post_and_remembered(client: Client) -> None:
    assert client.post("/i18n/setlang/", {"language": "ar", "next": "/"}).status_code == 302
    assert 'lang="ar"' in client.get("/").content.decode()


@pytest.mark.parametrize("path", ["/", "/figures/", "/docs/"])
def test_pages_only_answer_reading(path: str, client: Client) -> None:
    assert client.post(path).status_code == 405


def test_figures_are_read_at_most_once_a_second(client: Client, django_assert_num_queries) -> None:
    client.get("/figures/")
    with django_assert_num_queries(0):
        client.get("/figures/")


@pytest.mark.parametrize(
    ("counts", "state", "words"),
    [
        ({}, "quiet", "All quiet"),
        ({"per_minute": 3}, "busy", "nothing is stuck"),
        ({"dead_open": 1}, "dead", "1 dead letter waits"),
        ({"dead_open": 2000, "lag": 60}, "late", "60.0 s behind"),
    ],
)
def test_the_state_is_the_worst_that_is_true(counts: dict[str, int], state: str, words: str) -> None:
    flow = Flow(figures(**counts))
    assert flow.state == state
    assert words in flow.sentence


def test_a_number_says_how_well_it_is_known() -> None:
    assert [shown(Count(1234)), shown(Count(1234, "about")), shown(Count(1234, "at least"))] == [
        "1,234",
        "≈ 1,234",
        "1,234+",
    ]


def test_documents_are_rendered_and_their_links_lead_to_pages(project: Path, client: Client) -> None:
    readme = client.get("/docs/").content.decode()
    for part in (
        'href="/docs/more/#part"',
        'src="/docs/files/pictures/flow.svg"',
        'href="https://example.com/"',
        'href="/docs/contributing/"',
        "<table>",
        "x &lt; y",
        "<title>The read me",
    ):
        assert part in readme
    more = client.get("/docs/more/").content.decode()
    assert 'href="/docs/"' in more
    assert 'src="/docs/files/pictures/flow.svg"' in more
    picture = client.get("/docs/files/pictures/flow.svg")
    assert (picture.status_code, picture.headers["Content-Type"]) == (200, "image/svg+xml")
    picture.close()


@pytest.mark.parametrize(
    "path",
    [
        "/docs/none/",
        "/docs/../secret/",
        "/docs/files/../secret.png",
        "/docs/files/..%2fsecret.png",
        "/docs/files/%2e%2e/secret.png",
        "/docs/files//etc/passwd",
        "/docs/files/secret.txt",
        "/docs/files/more.md",
        "/docs/files/pictures",
        "/docs/files/pictures/none.svg",
        "/docs/files/x%00.png",
        f"/docs/files/{'x' * 300}.png",
        f"/docs/{'x' * 5000}/",
    ],
)
def test_no_address_leads_to_a_file_that_is_no_documentation(path: str, project: Path, client: Client) -> None:
    assert client.get(path).status_code == 404


def test_a_link_out_of_the_folder_is_neither_page_nor_picture(project: Path) -> None:
    (project / "docs" / "way-out.md").symlink_to("/etc/passwd")
    (project / "docs" / "way-out.png").symlink_to(project / "secret.png")
    assert documents.read("way-out") is None
    assert documents.picture("way-out.png") is None


def test_a_changed_document_is_rendered_anew(project: Path, client: Client) -> None:
    client.get("/docs/more/")
    (project / "docs" / "more.md").write_text("# Changed\n")
    assert "Changed" in client.get("/docs/more/").content.decode()


def test_uploaded_pictures_are_served_and_nothing_beside_them(tmp_path: Path, client: Client, settings) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "a.webp").write_bytes(b"picture")
    (tmp_path / "secret").write_text("secret")
    response = client.get("/media/a.webp")
    assert b"".join(response.streaming_content) == b"picture"
    assert "sandbox" in response.headers["Content-Security-Policy"]
    response.close()
    for path in ("/media/../secret", "/media/%2e%2e/secret", "/media/", "/media/none.webp"):
        assert client.get(path).status_code in {400, 404}
    for path in (f"/media/{'x' * 300}.webp", f"/media/{'x/' * 3000}a.webp", "/media/x%00.webp"):
        assert client.get(path).status_code == 404
