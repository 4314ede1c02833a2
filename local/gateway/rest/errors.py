"""The errors of the REST half: one class, and one function for each PGRST code.

The body is always `{"code", "details", "hint", "message"}`. Codes, wording and statuses are
PostgREST's; https://docs.postgrest.org/en/latest/references/errors.html lists them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass
class ApiError(Exception):
    """A request that is answered with an error."""

    status: int
    code: str
    message: str
    details: Any = None
    hint: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        """The JSON body, keys in alphabetical order and without spaces."""
        content = {
            "code": self.code,
            "details": self.details,
            "hint": self.hint,
            "message": self.message,
        }
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


# --- the connection ---------------------------------------------------------------------------


def no_connection(details: str) -> ApiError:
    message = "Database connection error. Retrying the connection."
    return ApiError(503, "PGRST000", message, details)


def client_error(details: str) -> ApiError:
    return ApiError(503, "PGRST001", "Database client error. Retrying the connection.", details)


def no_schema_cache() -> ApiError:
    message = "Could not query the database for the schema cache. Retrying."
    return ApiError(503, "PGRST002", message)


def pool_timeout() -> ApiError:
    return ApiError(504, "PGRST003", "Timed out acquiring connection from connection pool.")


# --- the request ------------------------------------------------------------------------------


def unparsable(place: str, sentence: str) -> ApiError:
    return ApiError(400, "PGRST100", place, sentence)


def rpc_method(method: str) -> ApiError:
    return ApiError(405, "PGRST101", f"Cannot use the {method} method on RPC")


def invalid_body(message: str) -> ApiError:
    return ApiError(400, "PGRST102", message)


def invalid_range(details: str) -> ApiError:
    return ApiError(416, "PGRST103", "Requested range not satisfiable", details)


def out_of_bounds(offset: int, total: int) -> ApiError:
    return invalid_range(f"An offset of {offset} was requested, but there are only {total} rows.")


def put_filters() -> ApiError:
    message = "Filters must include all and only primary key columns with 'eq' operators"
    return ApiError(405, "PGRST105", message)


def unknown_schema(schema: str, exposed: tuple[str, ...]) -> ApiError:
    hint = f"Only the following schemas are exposed: {', '.join(exposed)}"
    return ApiError(406, "PGRST106", f"Invalid schema: {schema}", hint=hint)


def unknown_media(accepted: list[str]) -> ApiError:
    message = f"None of these media types are available: {', '.join(accepted)}"
    return ApiError(406, "PGRST107", message)


def not_embedded(name: str, alias: str | None = None) -> ApiError:
    """`alias` is given when the name is that of an embed which has the alias instead."""
    details = None
    hint = f"Verify that '{name}' is included in the 'select' query parameter."
    if alias is not None:
        details = "Target names are not allowed in filters if they have an alias"
        hint = f"Change '{name}' to '{alias}' in filters, orders or limits."
    message = f"'{name}' is not an embedded resource in this request"
    return ApiError(400, "PGRST108", message, details, hint)


def bad_response_headers() -> ApiError:
    message = (
        "response.headers guc must be a JSON array composed of objects with a single key "
        "and a string value"
    )
    return ApiError(500, "PGRST111", message)


def bad_response_status() -> ApiError:
    return ApiError(500, "PGRST112", "response.status guc must be a valid status code")


def put_limits() -> ApiError:
    message = "limit/offset querystring parameters are not allowed for PUT"
    return ApiError(400, "PGRST114", message)


def put_mismatch() -> ApiError:
    message = "Payload values do not match URL in primary key column(s)"
    return ApiError(400, "PGRST115", message)


def not_singular(rows: int) -> ApiError:
    message = "Cannot coerce the result to a single JSON object"
    return ApiError(406, "PGRST116", message, f"The result contains {rows} rows")


def unsupported_method(method: str) -> ApiError:
    return ApiError(405, "PGRST117", f"Unsupported HTTP method: {method}")


def related_order(origin: str, target: str) -> ApiError:
    details = f"'{origin}' and '{target}' do not form a many-to-one or one-to-one relationship"
    return ApiError(400, "PGRST118", f"A related order on '{target}' is not possible", details)


def embed_filter(target: str) -> ApiError:
    details = "Only is null or not is null filters are allowed on embedded resources"
    return ApiError(400, "PGRST120", f"Bad operator on the '{target}' embedded resource", details)


def bad_raise(details: str, hint: str) -> ApiError:
    message = "Could not parse JSON in the \"RAISE SQLSTATE 'PGRST'\" error"
    return ApiError(500, "PGRST121", message, details, hint)


def invalid_preferences(invalid: list[str]) -> ApiError:
    message = "Invalid preferences given with handling=strict"
    return ApiError(400, "PGRST122", message, f"Invalid preferences: {', '.join(invalid)}")


def aggregates_off() -> ApiError:
    return ApiError(400, "PGRST123", "Use of aggregate functions is not allowed")


def too_many_affected(rows: int) -> ApiError:
    message = "Query result exceeds max-affected preference constraint"
    return ApiError(400, "PGRST124", message, f"The query affects {rows} rows")


def invalid_path() -> ApiError:
    return ApiError(404, "PGRST125", "Invalid path specified in request URL")


def root_disabled() -> ApiError:
    return ApiError(404, "PGRST126", "Root endpoint metadata is disabled")


def not_implemented(details: str) -> ApiError:
    return ApiError(400, "PGRST127", "Feature not implemented", details)


def max_affected_on_single() -> ApiError:
    message = (
        "Function must return SETOF or TABLE when max-affected preference is used with "
        "handling=strict"
    )
    return ApiError(400, "PGRST128", message)


def column_not_found(table: str, column: str) -> ApiError:
    message = f"Could not find the '{column}' column of '{table}' in the schema cache"
    return ApiError(400, "PGRST204", message)


def table_not_found(schema: str, table: str, hint: str | None) -> ApiError:
    message = f"Could not find the table '{schema}.{table}' in the schema cache"
    return ApiError(404, "PGRST205", message, hint=hint)


# --- the token --------------------------------------------------------------------------------


def invalid_token(code: str, message: str, details: str | None = None) -> ApiError:
    """PGRST301 for a token that cannot be read, PGRST303 for claims that do not hold."""
    description = json.dumps(message)
    challenge = f'Bearer error="invalid_token", error_description={description}'
    return ApiError(401, code, message, details, headers={"WWW-Authenticate": challenge})


def token_required() -> ApiError:
    headers = {"WWW-Authenticate": "Bearer"}
    return ApiError(401, "PGRST302", "Anonymous access is disabled", headers=headers)


def internal(message: str) -> ApiError:
    return ApiError(500, "PGRSTX00", message)
