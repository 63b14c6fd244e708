"""The OpenAPI description is complete and true."""

from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema


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


def test_the_checkout_says_what_to_do_when_its_answer_is_lost() -> None:
    schema = SchemaGenerator().get_schema(public=True)
    description = schema["paths"]["/api/checkout/"]["post"]["description"]
    assert "Do not send the request again blindly" in description
    assert "GET /api/orders/?customer=" in description
