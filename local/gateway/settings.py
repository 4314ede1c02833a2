"""What the gateway is told when it starts."""

from dataclasses import dataclass, field

from jwt import PyJWK


@dataclass(frozen=True)
class GatewaySettings:
    """Configuration of one gateway process.

    `anon_key` and `secret_key` are the API keys that clients send as `apikey`: each is either the
    new form (`sb_publishable_…`, `sb_secret_…`) or a legacy JWT signed with `jwt_secret`. The
    legacy JWTs of both roles are accepted in any case (they are made from `jwt_secret`).
    """

    database_url: str = field(repr=False)
    jwt_secret: str = field(repr=False)
    anon_key: str
    secret_key: str = field(repr=False)
    signing_key: PyJWK = field(repr=False)
    """ES256 private key: signs access tokens; its public half is the JWKS."""
    host: str = "127.0.0.1"
    port: int = 54321
    schemas: tuple[str, ...] = ("public",)
    extra_search_path: tuple[str, ...] = ("public", "extensions")
    anon_role: str = "anon"
    max_rows: int | None = 1000
    autoconfirm: bool = True
    """Accounts are confirmed at sign-up, as the Supabase CLI's local stack does."""
    access_token_seconds: int = 3600
    socket_idle_seconds: float = 60
    """A websocket that says nothing for so long is hung up on, as Phoenix does by default."""

    rest_database_url: str | None = field(default=None, repr=False)
    """Where `/rest/v1` connects when it should log in as another user (`authenticator`)."""
    external_url: str | None = None
    """The URL that clients use, when it is not the one listened on; it makes the tokens' `iss`."""
    site_url: str = "http://127.0.0.1:3000"
    """Where a mail's link leads when the request named no `redirect_to`."""
    signup_enabled: bool = True
    password_min_length: int = 6
    bcrypt_cost: int = 10
    """Supabase Auth hashes at 10, about 50 ms; tests and laptops may go down to 4."""
    refresh_token_reuse_seconds: int = 10
    """How long a used refresh token still works, for clients that race themselves."""
    mail_token_seconds: int = 3600
    double_confirm_email_change: bool = True
    """A new address is confirmed from the old one too, as on a hosted project."""

    @property
    def url(self) -> str:
        return self.external_url or f"http://{self.host}:{self.port}"

    @property
    def issuer(self) -> str:
        """The `iss` of the access tokens: Supabase Auth's own base URL."""
        return f"{self.url}/auth/v1"
