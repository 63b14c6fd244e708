"""Whatever the API refuses, it says why in one form and in the reader's language."""

import pytest
from django.contrib.auth.models import User
from django.utils.translation import override
from rest_framework.test import APIClient

pytestmark = pytest.mark.django_db
MEMBERS = {"type", "title", "status", "detail", "errors"}


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", "/api/nothing/", 404),
        ("post", "/api/nothing/at/all/", 404),
        ("get", "/api/nothing%0Aat/all/", 404),
        ("get", "/api/orders/BR-NONE/", 401),
        ("get", "/api/accounts/me/", 401),
        ("put", "/api/accounts/log-in/", 405),
        ("delete", "/api/checkout/", 405),
        ("post", "/api/accounts/log-in/", 400),
    ],
)
def test_every_refusal_is_a_problem_in_the_readers_language(method: str, path: str, status: int, language: str) -> None:
    answer = getattr(APIClient(), method)(path, {}, headers={"Accept-Language": language})
    problem = answer.json()
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert (set(problem), problem["status"]) == (MEMBERS, status)
    assert answer["Content-Language"] == language
    assert problem["title"].isascii() == problem["detail"].isascii() == (language == "en"), problem


def test_a_path_without_its_slash_still_finds_its_page() -> None:
    assert APIClient().get("/api/products").status_code == 301
    assert APIClient().get("/api/nothing").status_code in (301, 404)


def test_a_user_who_may_not_is_told_so_in_the_readers_language() -> None:
    client = APIClient()
    client.force_authenticate(User.objects.create_user("someone"))
    answer = client.post("/api/orders/BR-1/pack/", {}, headers={"Accept-Language": "ar"})
    with override("ar"):
        assert (answer.status_code, answer.json()["status"]) == (403, 403)
    assert not answer.json()["detail"].isascii()
    wrong_type = client.post("/api/accounts/log-in/", "a=1", content_type="text/plain")
    assert (wrong_type.status_code, wrong_type["Content-Type"]) == (415, "application/problem+json")
