"""What can be switched in the REST half. The defaults are a hosted Supabase project's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from local.gateway.rest.snippet import Name


@dataclass(frozen=True)
class RestOptions:
    """PostgREST's own settings, by its names for them."""

    aggregates: bool = False
    """db-aggregates-enabled: `select=amount.sum()`."""
    plan: bool = False
    """db-plan-enabled: `Accept: application/vnd.pgrst.plan`."""
    legacy_target_names: bool = True
    """url-use-legacy-target-names: a filter, order or limit may call an embed by the name of its
    table although it has an alias. The answer warns of it."""
    openapi: bool = True
    """openapi-mode: answer `GET /` with a description, or refuse with PGRST126."""
    tx_end: Literal["commit", "commit-allow-override", "rollback", "rollback-allow-override"] = (
        "commit"
    )
    """db-tx-end: what ends a transaction, and whether `Prefer: tx=` may say otherwise."""
    audience: str | None = None
    """jwt-aud: what a token that names audiences must name."""
    pre_request: Name | None = None
    """db-pre-request: a function called before each request; its error is the answer."""
    app_settings: dict[str, str] = field(default_factory=dict)
    """app.settings.*: set in every transaction."""
    pool_size: int = 10
    pool_timeout: float = 10.0
    """Seconds to wait for a connection."""

    @property
    def allows_tx(self) -> bool:
        return self.tx_end.endswith("allow-override")

    def commits(self, preferred: str | None) -> bool:
        if preferred is not None and self.allows_tx:
            return preferred == "commit"
        return self.tx_end.startswith("commit")
