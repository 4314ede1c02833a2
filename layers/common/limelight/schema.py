"""The base of every request and response: camelCase outside, snake_case inside, nothing unknown.

A model is built when it is first used, and those of a route when its function starts: a domain has
many, and a function needs two or three of them.
"""

import re
from datetime import UTC, datetime
from typing import Annotated, Final, NewType
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    Strict,
)
from pydantic.alias_generators import to_camel

MAX_COINS: Final = 2**63 - 1
_DATE_AND_TIME: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}")

UserId = NewType("UserId", UUID)
StreamId = NewType("StreamId", UUID)
GoalId = NewType("GoalId", UUID)
CallId = NewType("CallId", UUID)
ShowId = NewType("ShowId", UUID)

type Coins = int
"""A whole number of coins, 64-bit."""


type JsonObject = dict[str, JsonValue]

MINI_USER: Final[JsonObject] = {
    "id": "4f8f2d52-6f3b-4c57-9a50-0c2e0e3f8a11",
    "username": "nova",
    "displayName": "Nova",
    "avatarUrl": "https://cdn.example.com/nova.png",
}

SOME_STREAM: Final = "9b3ce1f2-7d1c-4b7e-9f26-0d52a8a4c001"


def example(**body: JsonValue) -> ConfigDict:
    """The model's configuration with an example of its JSON for the API document."""
    return ConfigDict(json_schema_extra={"examples": [body]})


class Input(BaseModel):
    """A request body. Fields it does not know are refused."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", frozen=True, defer_build=True
    )


class Output(BaseModel):
    """A response body."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, defer_build=True
    )


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("Text may not hold the NUL character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("Text may not hold unpaired surrogates") from None
    return text


def _stripped(text: str) -> str:
    stripped = text.strip()
    if not stripped:
        raise ValueError("Text may not be blank")
    return stripped


def _written_out(moment: object) -> object:
    if not (isinstance(moment, str) and _DATE_AND_TIME.match(moment)):
        raise ValueError("Write a moment as ISO-8601, date, time and offset")
    return moment


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


Text = Annotated[str, AfterValidator(_storable)]
"""Text that PostgreSQL can store: no NUL, no lone surrogates."""

Line = Annotated[Text, AfterValidator(_stripped)]
"""Text that says something: not blank, without white space around it."""

HttpsUrl = Annotated[
    str, Field(pattern=r"^https://[^\s/]+\S*$", max_length=2048), AfterValidator(_storable)
]

Timestamp = Annotated[datetime, AfterValidator(_utc)]
"""A moment in UTC, ISO-8601 with `Z` outside."""

Moment = Annotated[AwareDatetime, BeforeValidator(_written_out)]
"""A moment as clients write it: ISO-8601 with an offset, never a count of seconds."""

WholeNumber = Annotated[int, Strict()]
"""An integer written as one: no strings, no fractions, no booleans."""


class MiniUser(Output):
    """A user as shown beside what they did."""

    model_config = example(**MINI_USER)

    id: UUID
    username: str
    display_name: str
    avatar_url: str | None
