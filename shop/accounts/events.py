"""What happens to accounts."""

from events.api import Event


class ConfirmationRequested(
    Event, name="user.confirmation_requested", version=1, stream="registration-{registration_id}"
):
    """Somebody wants an account and has to prove that the address is theirs."""

    registration_id: int


class PasswordResetRequested(Event, name="user.password_reset_requested", version=1, stream="user-{user_id}"):
    """Somebody who says to be this user has forgotten the password."""

    user_id: int


class UserRegistered(Event, name="user.registered", version=1, stream="user-{user_id}"):
    """Somebody has proved their address and has an account now; the customer is theirs, with all its orders."""

    user_id: int
    customer_id: int


class PasswordChanged(Event, name="user.password_changed", version=1, stream="user-{user_id}"):
    """The password is a new one, and every log-in made with the old one has ended."""

    user_id: int
