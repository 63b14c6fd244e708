"""Papers for who may see their order."""

from typing import Any, ClassVar

from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import permissions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from shop.billing.models import Paper
from shop.billing.operations import file_of
from shop.orders.models import Order
from shop.orders.permissions import visible_to
from shop.problems import problems

_ORDER = OpenApiParameter("number", OpenApiTypes.STR, OpenApiParameter.PATH, description="Of the order.")
_PAPER = OpenApiParameter("number", OpenApiTypes.STR, OpenApiParameter.PATH, description="Of the paper.")
_REFUSED = problems(on_401="No valid token or session.", on_403="Not allowed for this user.", on_404="No such number.")


class PaperDocument(serializers.ModelSerializer):
    """An invoice or a credit note; `file` is where its PDF is."""

    total = serializers.DecimalField(source="total.amount", max_digits=14, decimal_places=2)
    currency = serializers.CharField(source="total_currency")
    file = serializers.SerializerMethodField()

    class Meta:
        model = Paper
        fields = ["number", "kind", "issued_at", "total", "currency", "language", "file"]

    def get_file(self, paper: Paper) -> str:
        """An address below /api/."""
        return str(reverse("paper-file", [paper.number], request=self.context["request"]))


class OrderPapersView(APIView):
    """GET /api/orders/<number>/papers/"""

    permission_classes: ClassVar = [permissions.IsAuthenticated]

    @extend_schema(
        summary="Invoice and credit notes of an order",
        description="Customers see those of their own orders, staff all. The invoice is there moments after the order.",
        parameters=[_ORDER],
        responses={200: PaperDocument(many=True), **_REFUSED},
    )
    def get(self, request: Request, number: str) -> Response:
        """The oldest first."""
        order = visible_to(request.user, Order.objects.filter(number=number)).first()
        if order is None:
            raise Http404
        context: dict[str, Any] = {"request": request}
        return Response(PaperDocument(order.papers.order_by("pk"), many=True, context=context).data)


class PaperFileView(APIView):
    """GET /api/papers/<number>/"""

    permission_classes: ClassVar = [permissions.IsAuthenticated]

    @extend_schema(
        summary="An invoice or a credit note as PDF",
        parameters=[_PAPER],
        responses={(200, "application/pdf"): OpenApiResponse(OpenApiTypes.BINARY, "The file."), **_REFUSED},
    )
    def get(self, request: Request, number: str) -> HttpResponse:
        """Always the same bytes."""
        orders = visible_to(request.user, Order.objects.all())
        paper = Paper.objects.filter(number=number, order__in=orders).first()
        if paper is None:
            raise Http404
        return pdf_response(paper)


def pdf_response(paper: Paper) -> HttpResponse:
    """The file, to be shown or saved under its number."""
    headers = {"Content-Disposition": f'inline; filename="{paper.number}.pdf"'}
    return HttpResponse(file_of(paper), content_type="application/pdf", headers=headers)
