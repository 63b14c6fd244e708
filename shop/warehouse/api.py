"""Where the warehouse calls."""

from typing import Any, ClassVar

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import permissions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shop.outside.signing import SIGNATURE_HEADER, refuse_unsigned
from shop.problems import problems
from shop.strict import StrictSerializer
from shop.warehouse.models import Shipment
from shop.warehouse.reports import STEPS, Report, record_report
from shop.warehouse.service import WAREHOUSE


class ReportInput(StrictSerializer):
    """What the warehouse tells."""

    shipment_id = serializers.CharField(max_length=100)
    state = serializers.ChoiceField([(step.value, step.label) for step in STEPS])
    carrier = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")
    tracking_number = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")


class ReportDocument(serializers.Serializer):
    """Where the shop takes the shipment to be now."""

    shipment_id = serializers.CharField(source="outside_id")
    state = serializers.ChoiceField(Shipment.State.choices)


class WarehouseWebhook(APIView):
    """For the warehouse alone: who does not share the secret is refused."""

    authentication_classes: ClassVar[list[Any]] = []
    permission_classes: ClassVar = [permissions.AllowAny]

    @extend_schema(
        summary="The warehouse reports a shipment",
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
        request=ReportInput,
        responses={
            200: ReportDocument,
            **problems(on_400="Fields are not valid.", on_401="The body is not signed.", on_404="No such shipment."),
        },
    )
    def post(self, request: Request) -> Response:
        """Keep it; the order follows in the background."""
        given = request.headers.get(SIGNATURE_HEADER, "")
        refuse_unsigned(WAREHOUSE.name, request._request.body, given, WAREHOUSE.secret)
        form = ReportInput(data=request.data)
        form.is_valid(raise_exception=True)
        values = dict(form.validated_data)
        shipment = record_report(Report(outside_id=values.pop("shipment_id"), **values))
        if shipment is None:
            raise Http404
        return Response(ReportDocument(shipment).data)
