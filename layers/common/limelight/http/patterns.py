"""How an endpoint reaches the data, and who may call it: declared once, by the endpoint."""

from enum import StrEnum


class Pattern(StrEnum):
    """The access pattern. The template's role and environment, and the rules tests, follow it."""

    REST = "rest"
    """Supabase under the caller's JWT; row-level security decides."""
    ADMIN = "admin"
    """Supabase with the secret key; the admin desk alone."""
    SQL = "sql"
    """The pool: joins, transactions, analytics."""
    MONEY = "money"
    """The pool, the ledger's functions and an idempotency key."""


class Who(StrEnum):
    """Who may call. The kernel checks the role; ownership is the domain's to check."""

    PUBLIC = "public"
    """Anybody; a token is used when there is one."""
    BY_ACCESS = "by access"
    """Whoever the stream's access rule lets in, perhaps without a token."""
    SIGNED = "signed"
    """Another platform, known by the signature over the raw body, which the domain checks."""
    USER = "user"
    """An active account."""
    OWNER = "owner"
    """An active account that owns the resource."""
    PARTY = "party"
    """An active account that takes part in the resource: one of the two of a call."""
    CREATOR = "creator"
    """An active creator (or admin)."""
    ADMIN = "admin"
    """An active admin."""

    @property
    def token_is_optional(self) -> bool:
        """Whether a request without a token is served."""
        return self in (Who.PUBLIC, Who.BY_ACCESS, Who.SIGNED)
