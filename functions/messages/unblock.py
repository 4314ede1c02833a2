"""POST /api/messages/unblock: block a user no longer."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.relations import service
from limelight.relations.models import Blocking, BlockRequest

router = Endpoint(
    Pattern.REST,
    Who.USER,
    tag="Messages",
    why="one row removed by whoever put it there",
)


@router.post("/api/messages/unblock")
def unblock(body: BlockRequest, caller: Caller) -> Blocking:
    return service.unblock(caller.token, caller.user_id, body.user_id)


handler = lambda_handler(router)
