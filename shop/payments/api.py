"""Where the payment provider calls."""

import json
from typing import Any, ClassVar

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import permissions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shop.payments.reports import Told, keep, moment
from shop.payments.signing import refuse_forged
from shop.problems import problems
from shop.strict import BODY_LIMIT_BYTES, BodyTooLarge, StrictIntegerField, TextField

SIGNATURE_HEADERS = ("Webhook-Signature", "Stripe-Signature")


class WebhookInput(serializers.Serializer):
    """What happened; providers add fields of their own, so unknown ones are no error here."""

    id = TextField(max_length=255)
    type = TextField(max_length=100)
    created = StrictIntegerField(min_value=0, max_value=253_402_300_799)
    data = serializers.DictField()

    def validate_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """PostgreSQL keeps no text with a NUL in it."""
        if "\\u0000" in json.dumps(data):
            raise serializers.ValidationError(_("Control characters are not allowed."), "control")
        return data


class WebhookDocument(serializers.Serializer):
    """It is kept, now or since an earlier try."""

    received = serializers.BooleanField()


class PaymentWebhook(APIView):
    """For the payment provider alone: who does not share the secret is refused."""

    authentication_classes: ClassVar[list[Any]] = []
    permission_classes: ClassVar = [permissions.AllowAny]

    @extend_schema(
        summary="The payment provider reports a dispute, the end of a refund, or anything else",
        description="Signed with the shared secret. May be sent any number of times; it counts once.",
        parameters=[
            OpenApiParameter(
                SIGNATURE_HEADERS[0],
                str,
                OpenApiParameter.HEADER,
                required=True,
                description="`t=<Unix time>,v1=<HMAC-SHA256 of time.body>`. `Stripe-Signature` counts as well.",
            )
        ],
        request=WebhookInput,
        responses={
            200: WebhookDocument,
            **problems(
                on_400="Fields are not valid.",
                on_401="Not signed with the shared secret, or too long ago.",
                on_413="Larger than 1 MiB.",
                on_415="Not JSON.",
            ),
        },
    )
    def post(self, request: Request) -> Response:
        """Keep it; the rest happens in the background."""
        header = next((request.headers[name] for name in SIGNATURE_HEADERS if name in request.headers), "")
        refuse_forged(_body(request), header, settings.PAYMENT_WEBHOOK_SECRET, timezone.now())
        form = WebhookInput(data=request.data)
        form.is_valid(raise_exception=True)
        values = form.validated_data
        keep(Told(values["id"], values["type"], values["data"], moment(values["created"])))
        return Response(WebhookDocument({"received": True}).data)


def _body(request: Request) -> bytes:
    if int(request.META.get("CONTENT_LENGTH") or 0) > BODY_LIMIT_BYTES:
        raise BodyTooLarge
    return request._request.body
