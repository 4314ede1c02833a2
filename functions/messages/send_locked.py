"""POST /api/messages/send-locked: write a message whose content must be paid for."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.messages import service
from limelight.messages.models import LockedMessageRequest, Message

router = Endpoint(
    Pattern.REST,
    Who.CREATOR,
    tag="Messages",
    why="one call that writes content which the database shows to nobody who has not paid",
)


@router.post("/api/messages/send-locked", status_code=201)
def send_locked(body: LockedMessageRequest, caller: Caller) -> Message:
    return service.send_locked(caller.token, body)


handler = lambda_handler(router)
