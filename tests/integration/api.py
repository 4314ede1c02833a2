"""Calls a function as API Gateway would: an event in, a proxy response out, nothing mocked."""

import asyncio
import base64
import contextlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import httpx

from limelight.http import create_app
from local.facts.endpoints import HttpFunction, http_functions
from tests.conformity import faults

UNSET: Any = object()
SOURCE_IP = "203.0.113.7"


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    text: str
    gateway_id: str = ""
    """The id that API Gateway gave the request."""

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def code(self) -> str:
        """The problem's code; the answer must be a problem of the usual form."""
        assert self.headers["content-type"] == "application/problem+json", self.text
        problem = self.json
        assert problem.keys() >= {"type", "title", "status", "detail", "instance", "code"}
        assert problem["status"] == self.status
        assert problem["instance"] == self.headers["x-request-id"]
        return str(problem["code"])


@dataclass(frozen=True)
class Post:
    """One of several requests that are sent at once."""

    path: str
    token: str | None
    body: object = UNSET
    key: str = field(default_factory=lambda: str(uuid4()))
    raw: bytes | None = None
    """The body as it is sent, instead of `body`."""
    headers: Mapping[str, str] = field(default_factory=dict)


class Api:
    """The deployed API, in this process."""

    def get(self, path: str, token: str | None = None, **query: object) -> Answer:
        return self.call("GET", path, token=token, query=query)

    def pages(
        self, path: str, items: str, token: str | None = None, **query: object
    ) -> Iterator[list[Any]]:
        """The pages of a list, one by one, until there is no next cursor."""
        cursor = None
        while True:
            answer = self.get(path, token, cursor=cursor, **query)
            assert answer.status == 200, answer.text
            assert answer.json.keys() == {items, "nextCursor"}
            yield answer.json[items]
            cursor = answer.json["nextCursor"]
            if cursor is None:
                return

    def post(
        self,
        path: str,
        token: str | None = None,
        body: object = UNSET,
        *,
        key: str | None = None,
    ) -> Answer:
        headers = {"Idempotency-Key": key} if key else {}
        return self.call("POST", path, token=token, body=body, headers=headers)

    def pay(self, path: str, token: str, body: object, key: str | None = None) -> Answer:
        """A money request; a new key unless one is given."""
        return self.post(path, token, body, key=key or str(uuid4()))

    def at_once(self, posts: Sequence[Post]) -> list[Answer]:
        """Sends every request before the first is answered, through the same application."""
        routers = {_function_at("POST", post.path).name for post in posts}
        app = create_app(f.router for f in http_functions() if f.name in routers)

        async def send_all() -> list[httpx.Response]:
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
                return await asyncio.gather(*(_send(client, post) for post in posts))

        # Not asyncio.run, which would leave this thread without the loop of the Lambda handlers.
        with contextlib.closing(asyncio.new_event_loop()) as loop:
            answers = loop.run_until_complete(send_all())
        return [
            _as_documented(
                _function_at("POST", post.path), Answer(one.status_code, one.headers, one.text)
            )
            for post, one in zip(posts, answers, strict=True)
        ]

    def call(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        body: object = UNSET,
        raw: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, object] | None = None,
        address: str = SOURCE_IP,
    ) -> Answer:
        sent = dict(headers or {})
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        if body is not UNSET:
            raw = json.dumps(body).encode()
        if raw is not None:
            sent.setdefault("Content-Type", "application/json")
        function = _function_at(method, path)
        event = proxy_event(function, method, path, sent, query or {}, raw, address)
        context = SimpleNamespace(
            function_name=function.logical_id,
            memory_limit_in_mb=512,
            invoked_function_arn=f"arn:aws:lambda:eu-west-1:000000000000:function:{function.name}",
            aws_request_id=str(uuid4()),
            get_remaining_time_in_millis=lambda: 15_000,
        )
        response = function.handle(event, context)
        answered = response.get("multiValueHeaders") or {}
        plain = {name.lower(): values[-1] for name, values in answered.items()}
        plain |= {name.lower(): value for name, value in (response.get("headers") or {}).items()}
        text = response["body"]
        if response.get("isBase64Encoded"):
            text = base64.b64decode(text).decode()
        answer = Answer(response["statusCode"], plain, text, event["requestContext"]["requestId"])
        return _as_documented(function, answer)


def _as_documented(function: HttpFunction, answer: Answer) -> Answer:
    """The answer, of which the API document must say all that there is to it."""
    found = faults(function, answer.status, answer.headers, answer.text)
    assert found == [], f"{function.name} answered {answer.status}: {answer.text}"
    return answer


async def _send(client: httpx.AsyncClient, post: Post) -> httpx.Response:
    headers = {"Idempotency-Key": post.key} | dict(post.headers)
    if post.token is not None:
        headers["Authorization"] = f"Bearer {post.token}"
    if post.raw is not None:
        headers.setdefault("Content-Type", "application/json")
        return await client.post(post.path, headers=headers, content=post.raw)
    if post.body is UNSET:
        return await client.post(post.path, headers=headers)
    return await client.post(post.path, headers=headers, json=post.body)


def proxy_event(
    function: HttpFunction,
    method: str,
    path: str,
    headers: Mapping[str, str],
    query: Mapping[str, object],
    raw: bytes | None,
    address: str,
) -> dict[str, Any]:
    """The event of API Gateway's REST proxy integration."""
    shown = {name: str(value) for name, value in query.items() if value is not None}
    return {
        "resource": function.path,
        "path": path,
        "httpMethod": method,
        "headers": dict(headers),
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": shown or None,
        "multiValueQueryStringParameters": {name: [value] for name, value in shown.items()} or None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "requestId": str(uuid4()),
            "stage": "local",
            "httpMethod": method,
            "path": f"/local{path}",
            "resourcePath": function.path,
            "identity": {"sourceIp": address, "userAgent": "tests"},
        },
        "body": base64.b64encode(raw).decode() if raw is not None else None,
        "isBase64Encoded": raw is not None,
    }


def _function_at(method: str, path: str) -> HttpFunction:
    """The function that API Gateway would choose: literal segments win over parameters."""
    fitting = [
        function
        for function in http_functions()
        if function.method == method
        and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", function.path), path)
    ]
    assert fitting, f"no function serves {method} {path}"
    return min(fitting, key=lambda function: function.path.count("{"))
