"""A client of the deployed API, as small as a person's would be."""

from dataclasses import dataclass
from typing import Any, Self
from uuid import uuid4

import httpx

# A function's first call starts a process for it; many at once take their time on two cores.
PATIENCE = 60.0


class UnexpectedAnswerError(Exception):
    """The API answered something else than it should have."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    request: str
    status: int
    body: Any
    media_type: str
    replayed: bool

    def require(self, status: int) -> Self:
        """This answer, if it has the status.

        Raises:
            UnexpectedAnswerError: it has another; the message says what was asked and what came.
        """
        if self.status != status:
            raise UnexpectedAnswerError(
                f"{self.request} answered {self.status} instead of {status}: {self.body}"
            )
        return self

    def __getitem__(self, name: str) -> Any:
        try:
            return self.body[name]
        except (KeyError, TypeError):
            raise UnexpectedAnswerError(
                f"{self.request} answered without {name!r}: {self.body}"
            ) from None


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who has signed up, with a token that is good now."""

    id: str
    username: str
    token: str


class Client:
    """Speaks to the API at `url`; `token` says who is calling."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=PATIENCE, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def get(self, path: str, who: Account | None = None) -> Answer:
        return self._call("GET", path, who, {}, None)

    def post(self, path: str, who: Account | None = None, body: Any = None) -> Answer:
        return self._call("POST", path, who, {}, body)

    def patch(self, path: str, who: Account, body: Any) -> Answer:
        return self._call("PATCH", path, who, {}, body)

    def pay(self, path: str, who: Account, body: Any, key: str | None = None) -> Answer:
        """A request that moves coins: with an idempotency key, fresh unless given."""
        return self._call("POST", path, who, {"Idempotency-Key": key or str(uuid4())}, body)

    def take_back(self, path: str, who: Account) -> Answer:
        """A DELETE that moves coins: with a fresh idempotency key."""
        return self._call("DELETE", path, who, {"Idempotency-Key": str(uuid4())}, None)

    def _call(
        self, method: str, path: str, who: Account | None, headers: dict[str, str], body: Any
    ) -> Answer:
        if who is not None:
            headers = headers | {"Authorization": f"Bearer {who.token}"}
        request = f"{method} {path}"
        try:
            answer = self._http.request(method, path, headers=headers, json=body)
        except httpx.TransportError as error:
            raise UnexpectedAnswerError(f"{request} was not answered: {error!r}") from error
        return Answer(
            request,
            answer.status_code,
            _read(answer),
            answer.headers.get("content-type", ""),
            "idempotent-replayed" in answer.headers,
        )


def _read(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return answer.text
