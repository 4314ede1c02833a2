"""POST /api/messages/requests/{requestId}/decline: do not take somebody's messages."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.http.paths import MessageRequestIdPath
from limelight.messages import service
from limelight.messages.models import Introduction

router = Endpoint(
    Pattern.REST,
    Who.USER,
    tag="Messages",
    why="one call that closes a request by whom it was sent to",
)


@router.post("/api/messages/requests/{requestId}/decline")
def decline_request(request_id: MessageRequestIdPath, caller: Caller) -> Introduction:
    return service.decline(caller.token, request_id)


handler = lambda_handler(router)
