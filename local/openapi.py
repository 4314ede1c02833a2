"""The API document: OpenAPI 3.1 of every endpoint, from the routers themselves."""

import json
from functools import lru_cache
from typing import Any

from limelight.http import create_app
from limelight.http.problems import ProblemBody
from local.endpoints import http_functions
from local.state import PROJECT

DOCUMENT = PROJECT / "docs" / "openapi.json"


@lru_cache(maxsize=1)
def openapi() -> dict[str, Any]:
    """The document as JSON values, built once: with a hundred routes it takes a second."""
    document = create_app([function.router for function in http_functions()]).openapi()
    document["info"]["description"] = (
        "The backend of a creator platform. Errors are `application/problem+json` (RFC 9457); "
        "lists are keyset-paginated; money endpoints need an `Idempotency-Key`. Rate limits are "
        "told in `RateLimit-Policy` and `RateLimit`; 429 carries `Retry-After`."
    )
    schemas = document["components"]["schemas"]
    schemas["ProblemBody"] = ProblemBody.model_json_schema(
        ref_template="#/components/schemas/{model}"
    )
    return document


def document_text() -> str:
    """The document as it is committed."""
    return json.dumps(openapi(), indent=2, ensure_ascii=False) + "\n"
