"""The OpenAPI description is complete and true."""

import pytest
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.settings import spectacular_settings
from drf_spectacular.validation import validate_schema

SchemaGenerator = spectacular_settings.DEFAULT_GENERATOR_CLASS


def test_the_schema_is_valid_and_generated_without_a_warning() -> None:
    with GENERATOR_STATS.silence():
        schema = SchemaGenerator().get_schema(public=True)
        warnings = dict(GENERATOR_STATS._warn_cache) | dict(GENERATOR_STATS._error_cache)
    validate_schema(schema)
    assert warnings == {}
    assert {"/api/products/", "/api/products/{name}/", "/api/checkout/", "/api/orders/{number}/cancel/"} <= set(
        schema["paths"]
    )
    problem = schema["paths"]["/api/checkout/"]["post"]["responses"]["402"]["content"]["application/problem+json"]
    assert problem["schema"]["$ref"].endswith("/Problem")


@pytest.mark.django_db
def test_the_schema_does_not_hang_on_the_language_of_its_reader(client: Client) -> None:
    english = client.get("/api/schema/", headers={"accept-language": "en"})
    assert client.get("/api/schema/", headers={"accept-language": "ar"}).content == english.content
    assert client.get("/api/schema/?lang=ar").content == english.content


def test_the_checkout_says_what_to_do_when_its_answer_is_lost() -> None:
    schema = SchemaGenerator().get_schema(public=True)
    checkout = schema["paths"]["/api/checkout/"]["post"]
    assert "same request with the same key again" in checkout["description"].replace("\n", " ")
    (key,) = [one for one in checkout["parameters"] if one["name"] == "Idempotency-Key"]
    assert (key["in"], key["required"]) == ("header", True)


def test_what_every_operation_of_its_kind_refuses_is_said_without_a_word_of_the_view() -> None:
    paths = SchemaGenerator().get_schema(public=True)["paths"]
    wishes = paths["/api/wishlist/"]
    assert {"page", "page_size"} == {one["name"] for one in wishes["get"]["parameters"]}
    assert "404" in wishes["get"]["responses"]
    assert {"400", "401", "403", "413", "415"} < wishes["post"]["responses"].keys()
    assert "429" in paths["/api/cart/"]["post"]["responses"]
    assert paths["/api/products/"]["get"]["responses"].keys() == {"200", "400", "401", "404"}


def test_writes_say_where_in_the_log_they_stand_and_read_models_take_it() -> None:
    paths = SchemaGenerator().get_schema(public=True)["paths"]
    assert "Log-Position" in paths["/api/checkout/"]["post"]["responses"]["201"]["headers"]
    assert "Log-Position" in paths["/api/products/{name}/"]["patch"]["responses"]["202"]["headers"]
    for path in ("/api/orders/", "/api/orders/{number}/", "/api/products/{name}/", "/api/stock/"):
        reading = paths[path]["get"]
        assert "after" in {one["name"] for one in reading["parameters"]}
        assert reading["responses"]["200"]["headers"].keys() == {"Read-Model-Behind"}
