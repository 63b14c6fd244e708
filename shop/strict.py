"""Request bodies that are read strictly: bounded JSON, exact types, no unknown fields."""

import codecs
import json
import re
from io import BytesIO
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers, status
from rest_framework.exceptions import APIException, ParseError, UnsupportedMediaType
from rest_framework.parsers import JSONParser

BODY_LIMIT_BYTES = 1024 * 1024


class BodyTooLarge(APIException):
    """The body is over the limit."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = _("The request body is larger than 1 MiB.")
    default_code = "too-large"


class BoundedJSONParser(JSONParser):
    """JSON of at most 1 MiB, in UTF-8 as RFC 8259 wants it. What nests too deeply is refused: Python's reader would
    raise RecursionError, a 500."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: dict | None = None) -> Any:
        """Read the body. Raises ParseError, BodyTooLarge or UnsupportedMediaType."""
        if codecs.lookup((parser_context or {}).get("encoding", "utf-8")).name != "utf-8":
            raise UnsupportedMediaType(media_type)
        body = stream.read(BODY_LIMIT_BYTES + 1)
        if len(body) > BODY_LIMIT_BYTES:
            raise BodyTooLarge
        try:
            data = super().parse(BytesIO(body), media_type, parser_context)
        except RecursionError as error:
            raise ParseError(_("The JSON is nested too deeply.")) from error
        if b"\\ud" in body.lower():
            _refuse_lone_surrogates(data)
        return data


def _refuse_lone_surrogates(data: Any) -> None:
    """Half a character ("\\ud800") can neither be stored nor be quoted in an error."""
    try:
        json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise ParseError(_("The JSON contains half of a surrogate pair.")) from error


class StrictSerializer(serializers.Serializer):
    """Refuses fields it does not know, so that a misspelt or forbidden field is never silently ignored."""

    def to_internal_value(self, data: Any) -> Any:
        """Validate. Raises ValidationError naming every unknown field."""
        if isinstance(data, dict) and (unknown := [name for name in data if name not in self.fields]):
            raise serializers.ValidationError({name[:100]: [_("Unknown field.")] for name in unknown[:20]})
        return super().to_internal_value(data)


class StrictIntegerField(serializers.IntegerField):
    """A JSON integer: no text, no fraction, no boolean."""

    def to_internal_value(self, data: Any) -> int:
        """Validate the type first."""
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return data


class StrictBooleanField(serializers.BooleanField):
    """JSON's true or false: no text, no number."""

    def to_internal_value(self, data: Any) -> bool:
        """Validate the type first."""
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class TextField(serializers.CharField):
    """A JSON string on one line (or several, with `multiline`): no number in its place, no control characters."""

    default_error_messages = {"control": _("Control characters are not allowed.")}

    def __init__(self, *, multiline: bool = False, **options: Any) -> None:
        self.control = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]" if multiline else r"[\x00-\x1f\x7f]")
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> str:
        """Validate the type first."""
        if not isinstance(data, str):
            self.fail("invalid")
        text = super().to_internal_value(data.replace("\r\n", "\n"))
        if self.control.search(text):
            self.fail("control")
        return text


class EmailField(TextField, serializers.EmailField):
    """An e-mail address as a JSON string, in lower case before its length is checked: "İ" becomes two characters."""

    def to_internal_value(self, data: Any) -> str:
        """Validate the type first."""
        return super().to_internal_value(data).lower()


class StrictDecimalField(serializers.DecimalField):
    """A decimal as text ("12.50") or JSON number; never NaN, infinite or boolean."""

    def to_internal_value(self, data: Any) -> Any:
        """Validate the type first."""
        if isinstance(data, bool) or not isinstance(data, str | int | float):
            self.fail("invalid")
        return super().to_internal_value(data)
