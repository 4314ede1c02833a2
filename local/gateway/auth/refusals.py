"""What of Supabase Auth is not served: refused by name, in Auth's own shape."""

from starlette.requests import Request
from starlette.responses import Response

from local.gateway.auth.errors import AuthError

_REFUSED = (
    ("/otp", 422, "otp_disabled", "One-time passwords"),
    ("/magiclink", 422, "otp_disabled", "Magic links"),
    ("/sso", 404, "saml_provider_disabled", "Single sign-on"),
    ("/authorize", 400, "provider_disabled", "OAuth providers"),
    ("/callback", 400, "provider_disabled", "OAuth providers"),
    ("/factors", 422, "mfa_totp_enroll_not_enabled", "Multi-factor authentication"),
    ("/user/identities", 422, "manual_linking_disabled", "Linking identities"),
    ("/passkeys", 422, "validation_failed", "Passkeys"),
    ("/reauthenticate", 422, "validation_failed", "Reauthentication"),
    ("/invite", 422, "validation_failed", "Invitations"),
    ("/oauth", 422, "validation_failed", "The OAuth server"),
    ("/admin/generate_link", 422, "validation_failed", "Generated links"),
)
"""Path prefix, status, error code (where Auth has one for a feature that is off), feature.

Never a 5xx: supabase-js takes every one of those for a failure of the network.
"""


async def refuse(request: Request) -> Response:
    """Any path that no endpoint took."""
    path = request.path_params["path"]
    for prefix, status, code, feature in _REFUSED:
        if f"/{path}".startswith(prefix):
            raise AuthError(status, code, f"{feature}: not served by the local gateway")
    message = f"{request.method} /{path}: not served by the local gateway"
    raise AuthError(404, "validation_failed", message)
