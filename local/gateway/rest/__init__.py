"""The `/rest/v1` half of the gateway: PostgREST's API over any PostgreSQL."""

from __future__ import annotations

from local.gateway.rest.gateway import RestGateway, create_rest_app
from local.gateway.rest.options import RestOptions

__all__ = ["RestGateway", "RestOptions", "create_rest_app"]
