"""E-mail addresses as Auth takes them."""

import re

from local.gateway.auth.errors import AuthError, validation_failed

_LOCAL = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"{_LOCAL}@{_LABEL}(?:\.{_LABEL})*")
MAX_LENGTH = 255


def check_email(address: str | None) -> str:
    """The address in the form it is kept in (lower case)."""
    if not address:
        raise validation_failed("An email address is required")
    if len(address) > MAX_LENGTH:
        raise validation_failed("An email address is too long")
    if not _ADDRESS.fullmatch(address):
        raise validation_failed("Unable to validate email address: invalid format")
    return address.lower()


def refuse_phone(phone: str | None) -> None:
    """There is no SMS here; a request that names a phone number must not look served."""
    if phone:
        message = "Phone numbers are not served by the local gateway"
        raise AuthError(400, "phone_provider_disabled", message)
