"""Where the carrier calls."""

from typing import Any, ClassVar

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import permissions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shop.carrier.models import Label
from shop.carrier.reports import STEPS, record_report
from shop.carrier.service import CARRIER
from shop.outside.signing import SIGNATURE_HEADER, refuse_unsigned
from shop.problems import problems
from shop.strict import StrictSerializer


class LabelReportInput(StrictSerializer):
    """What the carrier tells."""

    label_id = serializers.CharField(max_length=100)
    state = serializers.ChoiceField([(step.value, step.label) for step in STEPS])


class LabelReportDocument(serializers.Serializer):
    """Where the shop takes the parcel to be now."""

    label_id = serializers.CharField(source="outside_id")
    state = serializers.ChoiceField(Label.State.choices)


class CarrierWebhook(APIView):
    """For the carrier alone: who does not share the secret is refused."""

    authentication_classes: ClassVar[list[Any]] = []
    permission_classes: ClassVar = [permissions.AllowAny]

    @extend_schema(
        summary="The carrier reports a parcel",
        description="Signed with the shared secret. May be sent twice and out of order: the furthest state counts.",
        parameters=[
            OpenApiParameter(
                SIGNATURE_HEADER,
                str,
                OpenApiParameter.HEADER,
                required=True,
                description="`sha256=` and the HMAC-SHA256 of the body, in hexadecimal.",
            )
        ],
        request=LabelReportInput,
        responses={
            200: LabelReportDocument,
            **problems(on_400="Fields are not valid.", on_401="The body is not signed.", on_404="No such label."),
        },
    )
    def post(self, request: Request) -> Response:
        """Keep it; order or return follow."""
        given = request.headers.get(SIGNATURE_HEADER, "")
        refuse_unsigned(CARRIER.name, request._request.body, given, CARRIER.secret)
        form = LabelReportInput(data=request.data)
        form.is_valid(raise_exception=True)
        label = record_report(form.validated_data["label_id"], form.validated_data["state"])
        if label is None:
            raise Http404
        return Response(LabelReportDocument(label).data)
