"""POST /api/messages/requests/{requestId}/accept: take somebody's messages."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.http.paths import MessageRequestIdPath
from limelight.messages import service
from limelight.messages.models import Introduction

router = Endpoint(
    Pattern.REST,
    Who.USER,
    tag="Messages",
    why="one call: the request closes and becomes the first message",
)


@router.post("/api/messages/requests/{requestId}/accept")
def accept_request(request_id: MessageRequestIdPath, caller: Caller) -> Introduction:
    return service.accept(caller.token, request_id)


handler = lambda_handler(router)
