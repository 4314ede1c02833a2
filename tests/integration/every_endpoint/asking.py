"""Every endpoint by its kind, and a good request to each.

Endpoints are named by their files; each is sent the example of its own documentation.
"""

import os
import re
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest
from pydantic import BaseModel

from limelight.http import Page, Pattern, Who
from limelight.platform.secrets import read_secret
from local.facts.endpoints import HttpFunction, http_functions
from local.services.stripe import Delivery, StandIn
from tests.integration.api import UNSET, Answer, Api

QUERIES: Mapping[str, Mapping[str, str]] = {"auth/check_username": {"username": "nova"}}
"""What a query must hold for the endpoint to get as far as its work."""

SOME_ID = "4f8f2d52-6f3b-4c57-9a50-0c2e0e3f8a11"
PROBLEM_MEMBERS = {"type", "title", "status", "detail", "instance", "code"}
LIMIT_BYTES = 65_536


def body_model(function: HttpFunction) -> type[BaseModel] | None:
    model: type[BaseModel] | None = function.route.endpoint.__annotations__.get("body")
    return model


ALL = http_functions()
WITH_TOKEN = [one for one in ALL if not one.router.who.token_is_optional]
WITHOUT_TOKEN = [one for one in ALL if one.router.who.token_is_optional]
WITH_ROLE = [one for one in ALL if one.router.who in (Who.CREATOR, Who.ADMIN)]
WITH_BODY = [one for one in ALL if body_model(one)]
WITH_ID = [one for one in ALL if "Id}" in one.path]
POSTS = [one for one in ALL if one.method == "POST"]
LISTS = [one for one in ALL if Page in one.route.endpoint.__annotations__.values()]
SIGNED = [one for one in ALL if one.router.who is Who.SIGNED]
PAID = [one for one in ALL if one.router.pattern is Pattern.MONEY and one not in SIGNED]
ON_SQL = [one for one in ALL if one.router.pattern in (Pattern.SQL, Pattern.MONEY)]
ON_REST = [one for one in ALL if one.router.pattern in (Pattern.REST, Pattern.ADMIN)]


def _samples() -> list[HttpFunction]:
    """One endpoint for each way in: the kernel that guards it is the same for all of its kind."""
    kinds = {(one.router.pattern, one.router.who.token_is_optional): one for one in ALL}
    return list(kinds.values())


SAMPLES = _samples()


def every(functions: list[HttpFunction] | tuple[HttpFunction, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("function", functions, ids=lambda one: str(one.name))


def ask(
    api: Api,
    function: HttpFunction,
    token: str | None = None,
    *,
    path: str | None = None,
    body: object = UNSET,
    raw: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, object] | None = None,
) -> Answer:
    """A good request to the endpoint, about resources that nobody has, except for what is said."""
    model = body_model(function)
    if model is not None and body is UNSET and raw is None:
        body = example(model)
    if function in SIGNED and raw is None:
        event = stripe_event()
        raw, headers = event.body, {"Stripe-Signature": event.signature} | dict(headers or {})
    paid = {"Idempotency-Key": str(uuid4())} if function in PAID else {}
    return api.call(
        function.method,
        path or re.sub(r"\{\w+\}", str(uuid4()), function.path),
        token=token,
        body=body if raw is None else UNSET,
        raw=raw,
        headers=paid | dict(headers or {}),
        query={**QUERIES.get(function.name, {}), **(query or {})},
    )


def stripe_event() -> Delivery:
    """An event that moves nothing, with the signature that the stage's secret makes."""
    secret = read_secret(os.environ["STRIPE_SECRET_ID"])
    return StandIn(secret["secretKey"], secret["webhookSecret"]).delivery("product.created", {})


def example(model: type[BaseModel]) -> dict[str, Any]:
    """The body that the API document shows."""
    extra: Any = model.model_config["json_schema_extra"]
    return dict(extra["examples"][0])
