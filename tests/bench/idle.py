"""An endpoint that does nothing: behind the kernel, and on FastAPI and Mangum alone."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final
from uuid import UUID, uuid4

from fastapi import FastAPI, Path
from mangum import Mangum
from pydantic import Field

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.http.paths import StreamIdPath
from limelight.schema import Coins, Input, Line, MiniUser, Output, Timestamp, WholeNumber

PATH: Final = "/api/streams/{streamId}/idle"


class IdleRequest(Input):
    """A body of the usual size."""

    gift_id: UUID
    quantity: Annotated[WholeNumber, Field(ge=1, le=100)]
    message: Annotated[Line, Field(max_length=200)]


class Idled(Output):
    """An answer of the usual size."""

    id: UUID
    coins: Coins
    host: MiniUser
    created_at: Timestamp


ANSWER: Final = Idled(
    id=uuid4(),
    coins=300,
    host=MiniUser(id=uuid4(), username="nova", display_name="Nova", avatar_url=None),
    created_at=datetime.now(UTC),
)

router = Endpoint(Pattern.SQL, Who.USER, tag="Bench", why="it does nothing")


@router.post(PATH, status_code=201)
def idle(stream_id: StreamIdPath, body: IdleRequest, caller: Caller) -> Idled:
    """What an endpoint file has, and no service."""
    return ANSWER


handler = lambda_handler(router)

app = FastAPI()


@app.post(PATH, status_code=201)
def idle_alone(stream_id: Annotated[UUID, Path(alias="streamId")], body: IdleRequest) -> Idled:
    """The same route without a kernel."""
    return ANSWER


bare: Any = Mangum(app, lifespan="off")
