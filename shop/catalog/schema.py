"""Submitted documents in the OpenAPI description, as they may be sent."""

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.plumbing import ResolvedComponent

from shop.catalog.given import ALSO

#: Of JSON Schema, but not of OpenAPI 3.0.
_UNKNOWN = {"patternProperties", "propertyNames", "const", ALSO}
_NULL = {"type": "null"}


class GivenExtension(OpenApiSerializerExtension):
    """Describes a document by its pydantic model; unlike the one that comes with drf-spectacular, for requests."""

    target_class = "shop.catalog.given.Given"
    match_subclasses = True
    priority = 1

    def get_name(self, auto_schema: Any, direction: Any) -> str:
        """The model's own."""
        return f"Product{self.target.__name__}"

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """The schema; what is in it several times becomes a component."""
        schema = self.target.model_json_schema(ref_template="#/components/schemas/{model}", mode="validation")
        for name, part in schema.pop("$defs", {}).items():
            component = ResolvedComponent(
                name=name, type=ResolvedComponent.SCHEMA, object=name, schema=_in_openapi_3_0(part)
            )
            auto_schema.registry.register_on_missing(component)
        return _in_openapi_3_0(schema)


def _in_openapi_3_0(schema: Any) -> Any:
    """The same in the older dialect, where null is no type."""
    if isinstance(schema, list):
        return [_in_openapi_3_0(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    said = {key: _in_openapi_3_0(value) for key, value in schema.items() if key not in _UNKNOWN}
    if "patternProperties" in schema:
        said["additionalProperties"] = _in_openapi_3_0(next(iter(schema["patternProperties"].values())))
    if isinstance(schema.get("anyOf"), list) and _NULL in schema["anyOf"]:
        said = _nullable(said)
    if said.get("default", ...) is None:
        del said["default"]
    return {"anyOf": [said, *schema[ALSO]]} if ALSO in schema else said


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    others = [one for one in schema.pop("anyOf") if one != _NULL]
    kind = {"allOf": others} if len(others) == 1 and "$ref" in others[0] else others[0]
    return schema | (kind if len(others) == 1 else {"anyOf": others}) | {"nullable": True}
