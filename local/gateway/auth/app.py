"""The application mounted at /auth/v1."""

from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.gateway.auth import admin, grants, links, mails, refusals, signup, user, verify
from local.gateway.auth.context import Auth
from local.gateway.auth.database import Database
from local.gateway.auth.errors import AuthError, answer_crash, answer_error
from local.gateway.auth.tokens import TokenSigner
from local.gateway.settings import GatewaySettings

VERSION = "v2.197.0"
"""The release of supabase/auth whose answers these are."""

ANY_METHOD = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


class AuthGateway:
    """Supabase Auth: `app` answers between `open` and `close`."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._database = Database(settings)
        self.app = _application(Auth(settings, self._database, TokenSigner(settings)))

    async def open(self) -> None:
        await self._database.open()

    async def close(self) -> None:
        await self._database.close()

    async def ping(self) -> None:
        await self._database.ping()


def _application(auth: Auth) -> Starlette:
    handlers: dict[Any, Any] = {
        AuthError: answer_error,
        Exception: answer_crash,
    }
    app = Starlette(
        routes=[
            Route("/health", _health),
            Route("/settings", _settings),
            Route("/.well-known/jwks.json", _jwks),
            Route("/signup", signup.signup, methods=["POST"]),
            Route("/token", grants.token, methods=["POST"]),
            Route("/user", user.get_user, methods=["GET"]),
            Route("/user", user.update_user, methods=["PUT"]),
            Route("/logout", user.logout, methods=["POST"]),
            Route("/recover", links.recover, methods=["POST"]),
            Route("/resend", links.resend, methods=["POST"]),
            Route("/verify", verify.verify_link, methods=["GET"]),
            Route("/verify", verify.verify_code, methods=["POST"]),
            Route("/admin/users", admin.list_users, methods=["GET"]),
            Route("/admin/users", admin.create_user, methods=["POST"]),
            Route("/admin/users/{user_id}", admin.get_user, methods=["GET"]),
            Route("/admin/users/{user_id}", admin.update_user, methods=["PUT"]),
            Route("/admin/users/{user_id}", admin.delete_user, methods=["DELETE"]),
            Route("/_local/mails", mails.list_mails, methods=["GET"]),
            Route("/{path:path}", refusals.refuse, methods=ANY_METHOD),
        ],
        exception_handlers=handlers,
    )
    app.state.auth = auth
    return app


async def _health(_request: Request) -> Response:
    return JSONResponse(
        {
            "version": VERSION,
            "name": "GoTrue",
            "description": "Supabase Auth as the local gateway serves it",
        }
    )


async def _jwks(request: Request) -> Response:
    return JSONResponse(
        Auth.of(request).signer.jwks,
        headers={"Cache-Control": "public, max-age=600"},
    )


async def _settings(request: Request) -> Response:
    settings = Auth.of(request).settings
    return JSONResponse(
        {
            "external": {"email": True, "phone": False, "anonymous_users": False},
            "disable_signup": not settings.signup_enabled,
            "mailer_autoconfirm": settings.autoconfirm,
            "phone_autoconfirm": False,
            "sms_provider": "",
            "saml_enabled": False,
        }
    )
