"""Files for products, before there is a product that uses them."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import permissions, serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shop.catalog.guides import LIMIT_BYTES
from shop.catalog.models import Upload
from shop.catalog.uploading import store_upload
from shop.errors import InvalidInput
from shop.problems import problems
from shop.strict import BodyTooLarge

_ENVELOPE_BYTES = 64 * 1024


class UploadInput(serializers.Serializer):
    """A picture (JPEG, PNG, WebP; up to 5 MiB and 25 million pixels) or a PDF (up to 10 MiB)."""

    file = serializers.FileField()


class UploadDocument(serializers.ModelSerializer):
    """A file that can be used in a product's document within a day, by its id."""

    url = serializers.SerializerMethodField()

    class Meta:
        model = Upload
        fields: ClassVar = ["id", "kind", "name", "size_bytes", "width", "height", "url", "created_at"]

    def get_url(self, upload: Upload) -> str:
        """Where it can be looked at."""
        return self.context["request"].build_absolute_uri(upload.file.url)


class MayWriteProducts(permissions.BasePermission):
    """Staff that may add products or change them."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """One of the two is enough."""
        user = request.user
        allowed = ("catalog.add_product", "catalog.change_product")
        return bool(user.is_staff and any(user.has_perm(permission) for permission in allowed))


class UploadView(APIView):
    """Where files are taken in."""

    permission_classes: ClassVar = [MayWriteProducts]
    parser_classes: ClassVar = [MultiPartParser]

    @extend_schema(
        summary="Upload a file for a product",
        request={"multipart/form-data": UploadInput},
        responses={
            201: UploadDocument,
            **problems(
                on_400="The file is not accepted.",
                on_401="No valid token or session.",
                on_403="Not allowed for this user.",
                on_413="The file is too large.",
                on_415="Not multipart/form-data.",
            ),
        },
    )
    def post(self, request: Request) -> Response:
        """Checked and cleaned at once; nobody uses it within a day: it is swept."""
        if int(request.META.get("CONTENT_LENGTH") or 0) > LIMIT_BYTES + _ENVELOPE_BYTES:
            raise BodyTooLarge(_("The file is larger than 10 MiB."))
        form = UploadInput(data=request.data)
        form.is_valid(raise_exception=True)
        file = form.validated_data["file"]
        try:
            upload = store_upload(file, file.name, request.user)
        except ValidationError as error:
            told = " ".join(error.messages)
            raise InvalidInput([{"field": "file", "code": str(error.code), "detail": told}]) from error
        return Response(UploadDocument(upload, context={"request": request}).data, status=201)
