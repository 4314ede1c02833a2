"""GET /api/auth/check-username: whether a user name can be had."""

from typing import Annotated

from fastapi import Query

from limelight.http import Endpoint, Limit, Pattern, Who, lambda_handler
from limelight.people import service
from limelight.people.models import UsernameCheck
from limelight.schema import Text

router = Endpoint(
    Pattern.REST,
    Who.PUBLIC,
    tag="Auth and user",
    why="one database function that anybody may call; no table is exposed for it",
    limit=Limit.USERNAME_CHECK,
)


@router.get("/api/auth/check-username")
def check_username(
    username: Annotated[
        Text, Query(min_length=1, max_length=64, description="The name.", examples=["nova"])
    ],
) -> UsernameCheck:
    return service.check_username(username)


handler = lambda_handler(router)
