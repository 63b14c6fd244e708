"""What happens to accounts."""

from typing import Any

from events.api import Event, Personal, upcaster


class ConfirmationRequested(
    Event, name="user.confirmation_requested", version=1, stream="registration-{registration_id}"
):
    """Somebody wants an account and has to prove that the address is theirs."""

    registration_id: int


class PasswordResetRequested(Event, name="user.password_reset_requested", version=1, stream="user-{user_id}"):
    """Somebody who says to be this user has forgotten the password."""

    user_id: int


class UserRegistered(
    Event, name="user.registered", version=2, stream="user-{user_id}", person="customer-{customer_id}"
):
    """Somebody has proved their address and has an account now; the customer is theirs, with all its orders. Address
    and name are those of then; older versions did not say them."""

    user_id: int
    customer_id: int
    email: Personal[str | None]
    name: Personal[str | None]


@upcaster("user.registered", version=1)
def registered_as_somebody(payload: dict[str, Any]) -> dict[str, Any]:
    """Version 2 says who it was."""
    return payload | {"email": None, "name": None}


class PasswordChanged(Event, name="user.password_changed", version=1, stream="user-{user_id}"):
    """The password is a new one, and every log-in made with the old one has ended."""

    user_id: int
