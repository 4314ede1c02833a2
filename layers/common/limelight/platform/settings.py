"""Configuration from the environment, one model for each part that needs some.

The template gives a function only the variables of its access pattern, so each part reads its own
model when it is first needed and fails there, naming what is missing. Nothing here is a secret:
secrets are named by `*_SECRET_ID` and read from the secret store (`limelight.platform.secrets`).
"""

from functools import lru_cache
from typing import Final

from pydantic import AliasChoices, AnyHttpUrl, AnyUrl, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

DEFAULT_REQUESTS_PER_MINUTE: Final = 120


class _Environment(BaseSettings):
    model_config = SettingsConfigDict(frozen=True, extra="ignore", defer_build=True)


class KernelSettings(_Environment):
    """What every HTTP function is told."""

    stage: str = "local"
    supabase_url: AnyHttpUrl
    jwt_audience: str = "authenticated"
    jwt_secret_id: str = ""
    """Name of the secret with the legacy HS256 secret; empty: only asymmetric tokens pass."""
    cors_origin: str = "*"
    """The browser origin that may call, or `*`."""
    max_body_bytes: int = Field(default=65_536, ge=1_024)
    account_cache_seconds: int = Field(default=30, ge=0, le=60)
    """How long a sandbox may trust what it read of an account: a suspension must bite in 60 s."""
    default_requests_per_minute: int = Field(default=DEFAULT_REQUESTS_PER_MINUTE, ge=1)
    """Of one caller to one endpoint, where it has no limit of its own."""

    @property
    def auth_url(self) -> str:
        """Supabase Auth's base URL, which is also the `iss` of its tokens."""
        return f"{str(self.supabase_url).rstrip('/')}/auth/v1"


class RestSettings(_Environment):
    """What a function that speaks REST is told."""

    supabase_url: AnyHttpUrl
    supabase_publishable_key: str = Field(
        validation_alias=AliasChoices("SUPABASE_PUBLISHABLE_KEY", "SUPABASE_ANON_KEY")
    )
    rest_timeout_seconds: float = Field(default=5.0, gt=0)


class LimitSettings(_Environment):
    """What the functions are told that count callers by their address."""

    limits_secret_id: str


class AdminSettings(_Environment):
    """What an admin-desk function is told."""

    supabase_url: AnyHttpUrl
    supabase_secret_id: str
    rest_timeout_seconds: float = Field(default=5.0, gt=0)


class DatabaseSettings(_Environment):
    """What a function that speaks SQL is told."""

    database_secret_id: str


class StripeSettings(_Environment):
    """What a checkout function is told."""

    stripe_secret_id: str
    stripe_api_base: AnyHttpUrl = AnyHttpUrl("https://api.stripe.com")
    stripe_timeout_seconds: float = Field(default=5.0, gt=0)
    checkout_success_url: AnyHttpUrl
    checkout_cancel_url: AnyHttpUrl


class MediaSettings(_Environment):
    """What a function that signs LiveKit tokens is told."""

    livekit_secret_id: str
    livekit_url: AnyUrl
    """Where clients reach LiveKit: `wss://…`."""


class RealtimeSettings(_Environment):
    """What the publisher is told of Supabase Realtime."""

    supabase_url: AnyHttpUrl
    supabase_secret_id: str
    realtime_timeout_seconds: float = Field(default=3.0, gt=0, le=5)
    """For each step of a call. All of a call must fit well into a topic's lease."""


class PublisherSettings(_Environment):
    """How long a run of the publisher stays, and how often it looks."""

    publisher_lifetime_seconds: float = Field(default=65.0, ge=0)
    """Longer than the minute until the next run, which so takes over before this one leaves."""
    publisher_interval_seconds: float = Field(default=0.5, gt=0)


class MailSettings(_Environment):
    """What a job that sends e-mail is told."""

    mail_sender: str = ""
    """The address that SES sends from; empty: no mail leaves this stage."""


class ReminderSettings(_Environment):
    """What the job that reminds of shows is told."""

    show_reminder_minutes: int = Field(default=15, ge=1, le=1440)
    """How long before its start a show is reminded of."""


@lru_cache(maxsize=1)
def kernel_settings() -> KernelSettings:
    """The kernel's settings, read once for each sandbox."""
    return KernelSettings()
