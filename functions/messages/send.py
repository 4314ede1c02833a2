"""POST /api/messages/send: write to somebody."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.messages import service
from limelight.messages.models import Message, MessageRequest

router = Endpoint(
    Pattern.REST,
    Who.USER,
    tag="Messages",
    why="one call that finds or makes the conversation and checks blocks and settings",
)


@router.post("/api/messages/send", status_code=201)
def send(body: MessageRequest, caller: Caller) -> Message:
    return service.send(caller.token, body)


handler = lambda_handler(router)
