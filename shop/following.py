"""Reading one's own write: `?after=<position>` has a read model wait, for a moment, until it is as far as that."""

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from events.api import AfterUnreadable, wait_for_own_write
from shop.errors import InvalidInput

_AFTER = OpenApiParameter(
    "after",
    OpenApiTypes.INT64,
    description="The `Log-Position` of an earlier answer: waits a moment until what that request wrote can be read.",
)
_BEHIND = OpenApiParameter(
    "Read-Model-Behind",
    OpenApiTypes.INT64,
    OpenApiParameter.HEADER,
    response=[200],
    description="By how many events the answer is behind although it waited for `after`; else there is no such header.",
)
#: For the description of a view that uses `follow`.
FOLLOWING = (_AFTER, _BEHIND)


def follow(request: Request, projection: str) -> dict[str, str]:
    """Wait until the projection knows of what `after` names, but not for long; returns headers for the answer. Raises
    InvalidInput for what is no position."""
    try:
        return wait_for_own_write(request.query_params, projection).headers
    except AfterUnreadable as error:
        detail = _("This is no position of the log, such as the header Log-Position has it.")
        raise InvalidInput([{"field": "after", "code": "invalid", "detail": detail}]) from error
