"""The API document: OpenAPI 3.1 of every endpoint, from the routers themselves.

FastAPI knows what is taken and what is answered when all goes well. What is refused, with which
codes, headers and examples, is added here: it follows from the code (`local.facts.refusals`).
"""

import json
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final

from pydantic import BaseModel

from limelight.errors import KINDS
from limelight.http import Limit, Pattern, Who, create_app
from limelight.http.idempotency import REPLAYED_HEADER
from limelight.http.limits import HEADER, POLICY_HEADER
from limelight.http.observe import REQUEST_ID_HEADER
from limelight.http.problems import MEDIA_TYPE, TYPE_BASE, ProblemBody
from local.facts.endpoints import HttpFunction, http_functions
from local.facts.refusals import refusals_of
from local.host.state import PROJECT

DOCUMENT: Final = PROJECT / "docs" / "openapi.json"

_JSON: Final = "application/json"
_BEARER: Final = "accessToken"
_SIGNATURE: Final = "stripeSignature"
_REQUEST: Final = "3b6f2a8e-8b1c-4d55-9a4e-6f0d1c2b3a4f"

_DESCRIPTION: Final = """\
The backend of a creator platform: live streams with gifts, paid calls, ticketed shows, messages and
a wallet of coins.

Errors are `application/problem+json` (RFC 9457); `code` is what a client should look at, and every
operation lists those it can answer. Lists are keyset-paginated: pass `nextCursor` on as `cursor`.
Money endpoints need an `Idempotency-Key`; the same key and payload have one effect and one answer.
Rate limits are told in `RateLimit-Policy` and `RateLimit`; 429 and 503 carry `Retry-After`.
Coins are whole 64-bit numbers, moments are UTC in ISO-8601.

Each operation also says how it reaches the data (`x-access-pattern`), who may call it (`x-caller`)
and how often (`x-rate-limit`).
"""

_SCHEMES: Final = {
    _BEARER: {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "An access token of Supabase Auth. Its account must be active.",
    },
    _SIGNATURE: {
        "type": "apiKey",
        "in": "header",
        "name": "Stripe-Signature",
        "description": "Stripe's signature over the raw body: `t=…,v1=…`.",
    },
}

_HEADERS: Final[dict[str, dict[str, Any]]] = {
    REQUEST_ID_HEADER: {
        "description": "The request's id: the caller's own where it sent one that can be logged.",
        "required": True,
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._:-]{1,128}$"},
        "example": _REQUEST,
    },
    POLICY_HEADER: {
        "description": "The limits that count the request: quota `q` in `w` seconds.",
        "required": True,
        "schema": {"type": "string"},
        "example": '"gift-60s";q=10;w=60, "gift-3600s";q=60;w=3600',
    },
    HEADER: {
        "description": "The tightest limit: `r` requests remain, and more do in `t` seconds.",
        "required": True,
        "schema": {"type": "string"},
        "example": '"gift-60s";r=7;t=42',
    },
    "Retry-After": {
        "description": "Seconds to wait before the next attempt.",
        "required": True,
        "schema": {"type": "integer", "minimum": 0},
        "example": 2,
    },
    "WWW-Authenticate": {
        "description": "How to authenticate.",
        "required": True,
        "schema": {"type": "string"},
        "example": "Bearer",
    },
    REPLAYED_HEADER: {
        "description": "Sent with `true` when this is the first answer to the key, once more.",
        "schema": {"const": "true"},
        "example": "true",
    },
}

_ANY: Final = (REQUEST_ID_HEADER,)
_COUNTED: Final = (REQUEST_ID_HEADER, POLICY_HEADER, HEADER)
_OWN_HEADERS: Final = {
    HTTPStatus.UNAUTHORIZED: ("WWW-Authenticate",),
    HTTPStatus.TOO_MANY_REQUESTS: (POLICY_HEADER, HEADER, "Retry-After"),
    HTTPStatus.SERVICE_UNAVAILABLE: ("Retry-After",),
}

_FAULTS: Final[dict[str, list[dict[str, str]]]] = {
    "validation_failed": [
        {"pointer": "/title", "detail": "String should have at least 1 character"}
    ],
}


@lru_cache(maxsize=1)
def openapi() -> dict[str, Any]:
    """The document as JSON values, built once: with a hundred routes it takes a second."""
    document = create_app([function.router for function in http_functions()]).openapi()
    document["info"] |= {
        "summary": "Live streams, paid calls, ticketed shows and coins",
        "description": _DESCRIPTION,
    }
    document["servers"] = [{"url": "/", "description": "Where this document is served"}]
    components = document["components"]
    schemas = components["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas[ProblemBody.__name__] = ProblemBody.model_json_schema(
        ref_template="#/components/schemas/{model}"
    )
    components["securitySchemes"] = _SCHEMES
    components["headers"] = _HEADERS
    components["examples"], components["responses"] = {}, {}
    for function in http_functions():
        _Operation(function, document).complete()
    document["tags"] = [{"name": tag} for tag in sorted(_tags())]
    document["components"] = {name: _sorted(components[name]) for name in sorted(components)}
    without_titles(document["paths"])
    without_titles(schemas)
    return document


def document_text() -> str:
    """The document as it is committed."""
    return json.dumps(openapi(), indent=2, ensure_ascii=False) + "\n"


def operation_of(function: HttpFunction) -> dict[str, Any]:
    """What the document says of one endpoint."""
    operation: dict[str, Any] = openapi()["paths"][function.path][function.method.lower()]
    return operation


def example_of(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON that `limelight.schema.example` has given a model."""
    extra: Any = model.model_config["json_schema_extra"]
    (shown,) = extra["examples"]
    return dict(shown)


class _Operation:
    """One operation of a document that FastAPI has begun."""

    def __init__(self, function: HttpFunction, document: dict[str, Any]) -> None:
        self._function = function
        self._said: dict[str, Any] = document["paths"][function.path][function.method.lower()]
        self._components: dict[str, Any] = document["components"]

    def complete(self) -> None:
        """Adds what FastAPI does not know."""
        self._said["security"] = self._security()
        body = self._function.body_model
        if body is not None:
            self._show(body, self._said["requestBody"]["content"][_JSON])
        for parameter in self._said.get("parameters", []):
            parameter["schema"].pop("description", None)
        status, answer = next(iter(self._said["responses"].items()))
        self._said["responses"] = {status: self._success(answer)} | {
            str(refused): self._refusal(refused, codes)
            for refused, codes in refusals_of(self._function).items()
        }

    def _security(self) -> list[dict[str, list[str]]]:
        who = self._function.router.who
        if who is Who.SIGNED:
            return [{_SIGNATURE: []}]
        if who.token_is_optional:
            return [{}, {_BEARER: []}]
        return [{_BEARER: []}]

    def _success(self, answer: dict[str, Any]) -> dict[str, Any]:
        router = self._function.router
        model = self._function.answer_model
        self._show(model, answer["content"][_JSON])
        headers = _ANY if router.limit is Limit.NONE else _COUNTED
        if router.pattern is Pattern.MONEY and router.who is not Who.SIGNED:
            headers = (*headers, REPLAYED_HEADER)
        told = " ".join((model.__doc__ or "").split())
        return answer | {"description": told, "headers": _references(headers)}

    def _show(self, model: type[BaseModel], content: dict[str, Any]) -> None:
        """Shows the model's own example with the content, nulls and all."""
        name = str(content["schema"]["$ref"].rpartition("/")[2])
        self._components["schemas"][name].pop("examples", None)
        self._components["examples"][name] = {"value": example_of(model)}
        content["examples"] = {name: {"$ref": f"#/components/examples/{name}"}}

    def _refusal(self, status: int, codes: tuple[str, ...]) -> dict[str, Any]:
        """A reference to the response that is shared by all with the same codes."""
        name = ".".join((str(status), *codes))
        if name not in self._components["responses"]:
            for code in codes:
                self._components["examples"][code] = _problem(code)
            self._components["responses"][name] = _response(status, codes)
        return {"$ref": f"#/components/responses/{name}"}


def _response(status: int, codes: tuple[str, ...]) -> dict[str, Any]:
    return {
        "description": "; ".join(KINDS[code].title for code in codes),
        "headers": _references((*_ANY, *_OWN_HEADERS.get(HTTPStatus(status), ()))),
        "content": {
            MEDIA_TYPE: {
                "schema": _problem_schema(status, codes),
                "examples": {code: {"$ref": f"#/components/examples/{code}"} for code in codes},
            }
        },
    }


def _problem(code: str) -> dict[str, Any]:
    """The example of a problem, as clients see it."""
    kind = KINDS[code]
    body: dict[str, Any] = {
        "type": f"{TYPE_BASE}{code}",
        "title": kind.title,
        "status": kind.status,
        "detail": kind.detail,
        "instance": _REQUEST,
        "code": code,
    }
    if code in _FAULTS:
        body["errors"] = _FAULTS[code]
    return {"summary": kind.title, "value": body | dict(kind.shown)}


def _problem_schema(status: int, codes: tuple[str, ...]) -> dict[str, Any]:
    """A problem with this status, one of these codes and the members that come with them."""
    members = {
        name: _like(value) for code in codes for name, value in sorted(KINDS[code].shown.items())
    }
    own = {"status": {"const": status}, "code": {"enum": list(codes)}} | members
    return {
        "allOf": [
            {"$ref": f"#/components/schemas/{ProblemBody.__name__}"},
            {"type": "object", "properties": own},
        ]
    }


def _like(value: object) -> dict[str, Any]:
    if isinstance(value, int):
        return {"type": "integer"}
    if isinstance(value, str):
        return {"type": "string"}
    return {"type": "array", "items": {"type": "string"}}


def _references(headers: tuple[str, ...]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in headers}


def _tags() -> set[str]:
    return {str(function.route.tags[0]) for function in http_functions()}


def _sorted(named: dict[str, Any]) -> dict[str, Any]:
    return {name: named[name] for name in sorted(named)}


def without_titles(schema: Any) -> None:
    """Drops the titles that pydantic makes of names: they say nothing that the names do not."""
    if isinstance(schema, list):
        for one in schema:
            without_titles(one)
    if not isinstance(schema, dict):
        return
    if isinstance(schema.get("title"), str):
        del schema["title"]
    for name, inner in schema.items():
        if name not in ("example", "examples", "default", "const", "enum"):
            without_titles(inner)
