"""What came in, in the admin: reviews to moderate, submitted documents, uploaded files."""

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin
from unfold.decorators import display

from shop.catalog.models import Review, Submission, Upload
from shop.catalog.ratings import moderate
from shop.ledgers import LedgerAdmin


@admin.register(Review)
class ReviewAdmin(ModelAdmin):
    """Reviews wait here to be approved or rejected."""

    list_display = ["product", "author", "rating", "title", "shown_state", "created_at"]
    list_filter = ["state", "rating"]
    list_select_related = ["product"]
    search_fields = ["product__sku", "author", "title"]
    readonly_fields = ["product", "author", "rating", "title", "body", "origin", "created_at"]
    actions = ["approve", "reject"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Customers and documents add."""
        return False

    @display(
        description=_("state"),
        ordering="state",
        label={"pending": "warning", "approved": "success", "rejected": "danger"},
    )
    def shown_state(self, review: Review) -> tuple[str, str]:
        """Coloured."""
        return review.state, review.get_state_display()

    @admin.action(description=_("Approve"), permissions=["change"])
    def approve(self, request: HttpRequest, reviews: QuerySet[Review]) -> None:
        """Show them."""
        self._moderate(request, reviews, Review.State.APPROVED)

    @admin.action(description=_("Reject"), permissions=["change"])
    def reject(self, request: HttpRequest, reviews: QuerySet[Review]) -> None:
        """Do not show them."""
        self._moderate(request, reviews, Review.State.REJECTED)

    def _moderate(self, request: HttpRequest, reviews: QuerySet[Review], state: str) -> None:
        with transaction.atomic():
            count = moderate(reviews, state)
        told = ngettext("{count} review was moderated.", "{count} reviews were moderated.", count).format(count=count)
        self.message_user(request, told, messages.SUCCESS)


@admin.register(Submission)
class SubmissionAdmin(LedgerAdmin):
    """Submitted documents and how far they are written."""

    list_display = ["created_at", "product", "revision", "shown_state", "shown_done", "shown_failed"]
    list_filter = ["state"]
    list_select_related = ["product"]
    search_fields = ["product__sku__exact"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Submission]:
        """Lists without the documents, which are large."""
        found = super().get_queryset(request)
        is_list = request.resolver_match and request.resolver_match.url_name.endswith("changelist")
        return found.defer("document") if is_list else found

    @display(
        description=_("state"), label={"open": "info", "processed": "success", "failed": "danger"}, ordering="state"
    )
    def shown_state(self, submission: Submission) -> tuple[str, str]:
        """Coloured."""
        return submission.state, submission.get_state_display()

    @display(description=_("done"))
    def shown_done(self, submission: Submission) -> str:
        """Of how many."""
        return f"{len(submission.done)}/{len(submission.parts)}"

    @display(description=_("failed"))
    def shown_failed(self, submission: Submission) -> str:
        """The names."""
        return ", ".join(submission.failed)


@admin.register(Upload)
class UploadAdmin(LedgerAdmin):
    """Uploaded files."""

    list_display = ["created_at", "name", "kind", "size_bytes", "by"]
    list_filter = ["kind"]
    list_select_related = ["by"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """All."""
        return ["name", "kind", "file", "size_bytes", "width", "height", "by", "created_at"]
