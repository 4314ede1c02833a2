"""POST /api/messages/block: block a user."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.relations import service
from limelight.relations.models import Blocking, BlockRequest

router = Endpoint(
    Pattern.REST,
    Who.USER,
    tag="Messages",
    why="one row added by its owner; a trigger ends what the two had",
)


@router.post("/api/messages/block", status_code=201)
def block(body: BlockRequest, caller: Caller) -> Blocking:
    return service.block(caller.token, body.user_id)


handler = lambda_handler(router)
