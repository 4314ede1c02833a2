"""What an HTTP request wants done, read from its line and headers alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from local.gateway.rest import errors, media, ranges
from local.gateway.rest.media import MediaType, parse_accept, parse_media_type
from local.gateway.rest.preferences import Preferences, parse_preferences
from local.gateway.rest.querystring import parse_query
from local.gateway.rest.snippet import Name

if TYPE_CHECKING:
    from starlette.datastructures import Headers

    from local.gateway.rest.options import RestOptions
    from local.gateway.rest.query import QueryParams
    from local.gateway.rest.ranges import Range
    from local.gateway.rest.writesql import WriteKind
    from local.gateway.settings import GatewaySettings

type ActionKind = Literal["read", "write", "call", "describe", "info"]
type TargetKind = Literal["table", "function", "schema"]

_WRITES: dict[str, WriteKind] = {
    "POST": "insert",
    "PATCH": "update",
    "PUT": "upsert",
    "DELETE": "delete",
}
_FUNCTION_PATH = 2


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """One request, understood."""

    method: str
    path: str
    kind: ActionKind
    target_kind: TargetKind
    target: Name
    schema_named: bool
    """Whether the schema was negotiated: then the answer names it."""
    params: QueryParams
    ranges: dict[str, Range]
    preferences: Preferences
    accepts: list[MediaType]
    content_type: str
    headers: dict[str, str]
    cookies: dict[str, str]

    @property
    def is_head(self) -> bool:
        return self.method == "HEAD"

    @property
    def is_post(self) -> bool:
        return self.method == "POST"

    @property
    def write_kind(self) -> WriteKind:
        return _WRITES[self.method]

    @property
    def has_body(self) -> bool:
        """Whether the body means anything: a DELETE's does not."""
        return self.kind in ("write", "call") and self.method in ("POST", "PATCH", "PUT")

    @property
    def top_range(self) -> Range:
        return self.ranges["limit"]


def read_request(
    settings: GatewaySettings,
    options: RestOptions,
    method: str,
    path: str,
    query: bytes,
    headers: Headers,
) -> ApiRequest:
    """Understand a request.

    Raises:
        ApiError: for a path, schema, method, query or range that cannot be.
    """
    target_kind, name = _target(path, options)
    schema, schema_named = _schema(settings, method, headers)
    kind = _action(target_kind, method)
    is_get_call = kind == "call" and method in ("GET", "HEAD")
    params = parse_query(query, calls_function=is_get_call)
    return ApiRequest(
        method=method,
        path=path,
        kind=kind,
        target_kind=target_kind,
        target=Name(schema, name),
        schema_named=schema_named,
        params=params,
        ranges=_ranges(method, params, headers.get("range")),
        preferences=parse_preferences(headers.getlist("prefer"), allow_tx=options.allows_tx),
        accepts=parse_accept(headers.get("accept")),
        content_type=parse_media_type(headers.get("content-type", media.JSON)).name,
        headers={key: _text(content) for key, content in headers.items() if key != "cookie"},
        cookies=_cookies(headers.get("cookie")),
    )


def _target(path: str, options: RestOptions) -> tuple[TargetKind, str]:
    parts = path.removeprefix("/").split("/")
    if parts == [""]:
        if not options.openapi:
            raise errors.root_disabled()
        return "schema", ""
    if len(parts) == 1:
        return "table", parts[0]
    if len(parts) == _FUNCTION_PATH and parts[0] == "rpc":
        return "function", parts[1]
    raise errors.invalid_path()


def _schema(settings: GatewaySettings, method: str, headers: Headers) -> tuple[str, bool]:
    header = "content-profile" if method in _WRITES else "accept-profile"
    asked = headers.get(header)
    if asked is None:
        return settings.schemas[0], len(settings.schemas) > 1
    asked = _text(asked)
    if asked not in settings.schemas:
        raise errors.unknown_schema(asked, settings.schemas)
    return asked, True


def _action(target: TargetKind, method: str) -> ActionKind:
    if method == "OPTIONS":
        return "info"
    if target == "function":
        if method not in ("GET", "HEAD", "POST"):
            raise errors.rpc_method(method)
        return "call"
    if method in ("GET", "HEAD"):
        return "describe" if target == "schema" else "read"
    if target == "table" and method in _WRITES:
        return "write"
    raise errors.unsupported_method(method)


def _ranges(method: str, params: QueryParams, header: str | None) -> dict[str, Range]:
    """Every range by its key; that of the root is always there.

    The header counts for GET alone. An empty range is an error, unless it was asked for with
    `limit=0`.
    """
    from_header = ranges.from_header(header) if method == "GET" else ranges.ALL
    limited = params.ranges.get("limit", ranges.ALL)
    both = from_header.intersect(limited)
    root = ranges.LIMIT_ZERO if limited.is_limit_zero else both
    if root.is_empty and not limited.is_limit_zero:
        raise errors.invalid_range(
            "The lower boundary must be lower than or equal to the upper boundary in the Range "
            "header."
            if from_header.is_empty
            else "Limit should be greater than or equal to zero."
        )
    if method == "PUT" and root != ranges.ALL:
        raise errors.put_limits()
    return {**params.ranges, "limit": root}


def _cookies(header: str | None) -> dict[str, str]:
    pairs = (item.strip().partition("=") for item in _text(header or "").split(";"))
    return {name: content for name, equals, content in pairs if equals}


def _text(header: str) -> str:
    """A header's text: its bytes are UTF-8, though they were handed over as Latin-1."""
    return header.encode("latin-1").decode(errors="replace")
