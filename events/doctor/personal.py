"""The keys of people: whether the settings have the secrets that they are encrypted with."""

from collections.abc import Iterator

from events import keyring
from events.doctor.findings import Check, Finding, broken, fine, warning


def keys_of_people() -> Iterator[Finding]:
    """A secret that nobody has any more takes with it what the log says of people."""
    wraps = keyring.wraps()
    if wraps.unknown:
        yield broken(
            f"{wraps.unknown:,} keys of people are encrypted with a secret that the settings do not have",
            "Put it back, among SECRET_KEY_FALLBACKS or PERSONAL_KEYS; without it personal data in the log is lost.",
        )
    if wraps.former:
        yield warning(
            f"{wraps.former:,} keys of people are encrypted with a former secret, which the settings still need",
            "`manage.py events rewrap --yes` encrypts them with the newest one again.",
        )
    if not (wraps.unknown or wraps.former):
        yield fine(f"{wraps.current:,} keys of people are encrypted with the newest secret")


CHECKS: list[Check] = [keys_of_people]
