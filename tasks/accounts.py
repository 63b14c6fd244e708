"""Mails about accounts, and what nobody needs any more."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language_bidi, override
from django.utils.translation import gettext as _

from events.api import Context, subscriber
from shop.accounts.events import ConfirmationRequested, PasswordChanged, PasswordResetRequested, UserRegistered
from shop.accounts.links import confirmation_link, reset_link
from shop.accounts.models import Registration
from shop.accounts.operations import forget_registrations
from shop.accounts.throttles import forget_tries


@subscriber(ConfirmationRequested, name="accounts.send_confirmation", effects="external", max_retries=8)
def send_confirmation(event: ConfirmationRequested, context: Context) -> None:
    """Twice is harmless: both mails have the same Message-ID, and both links lead to the same registration. One that
    was confirmed or forgotten meanwhile needs no mail."""
    wanted = Registration.objects.filter(pk=event.registration_id).first()
    if wanted is None:
        return
    with override(wanted.language):
        _mail(
            wanted.email,
            _("Confirm your address"),
            _("Hello {name}, choose a password to finish your registration:").format(name=wanted.name),
            _("If you did not want an account, ignore this mail: there will be none."),
            confirmation_link(wanted),
            context,
        ).send()


@subscriber(PasswordResetRequested, name="accounts.send_reset", effects="external", max_retries=8)
def send_reset(event: PasswordResetRequested, context: Context) -> None:
    """Twice is harmless: both mails have the same Message-ID, and of both links only the first one used works."""
    user = _known(event.user_id)
    if user is None:
        return
    with override(_language(user)):
        _mail(
            user.email,
            _("Choose a new password"),
            _("There is an account with your address. Choose a new password here:"),
            _("If you did not ask for this, ignore this mail: your password stays as it is."),
            reset_link(user),
            context,
        ).send()


@subscriber(PasswordChanged, name="accounts.tell_change", effects="external", max_retries=8)
def tell_change(event: PasswordChanged, context: Context) -> None:
    """Twice is harmless: both mails have the same Message-ID."""
    user = _known(event.user_id)
    if user is None:
        return
    with override(_language(user)):
        _mail(
            user.email,
            _("Your password was changed"),
            _("Your password was changed, and everything that was logged in with the old one has ended."),
            _("If it was not you, answer this mail at once."),
            "",
            context,
        ).send()


@subscriber(UserRegistered, name="accounts.send_welcome", effects="external", max_retries=8)
def send_welcome(event: UserRegistered, context: Context) -> None:
    """Twice is harmless: both mails have the same Message-ID."""
    user = _known(event.user_id)
    if user is None:
        return
    with override(_language(user)):
        _mail(
            user.email,
            _("Welcome"),
            _("Your account is ready. Everything that you have ordered with this address is in it."),
            _("If you have a question, just answer this mail."),
            "",
            context,
        ).send()


@shared_task(name="tasks.accounts.forget", ignore_result=True)
def forget() -> dict[str, int]:
    """Every hour: registrations nobody confirmed, and counts of tries that are over. Twice deletes nothing more."""
    now = timezone.now()
    too_old = now - timedelta(hours=settings.ACCOUNT_LINK_HOURS)
    return {"registrations": forget_registrations(too_old), "tries": forget_tries(now)}


def _known(user_id: int) -> User | None:
    """Who is still there and has an address."""
    return User.objects.filter(pk=user_id, is_active=True).exclude(email="").select_related("customer").first()


def _language(user: User) -> str:
    customer = getattr(user, "customer", None)
    return customer.language if customer else settings.LANGUAGE_CODE


def _mail(to: str, subject: str, first: str, last: str, link: str, context: Context) -> EmailMultiAlternatives:
    values = {"subject": subject, "first": first, "last": last, "link": link}
    values["direction"] = "rtl" if get_language_bidi() else "ltr"
    mail = EmailMultiAlternatives(
        subject=subject,
        body=render_to_string("accounts/mail.txt", values),
        to=[to],
        headers={"Message-ID": f"<{context.idempotency_key}@{settings.MAIL_DOMAIN}>"},
    )
    mail.attach_alternative(render_to_string("accounts/mail.html", values), "text/html")
    return mail
