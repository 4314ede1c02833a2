"""POST /api/calls/{callId}/cancel: call off a call that has not started."""

from limelight.calls import service
from limelight.calls.models import Call
from limelight.http import Caller, Endpoint, Pattern, Payment, Who, lambda_handler
from limelight.http.paths import CallIdPath

router = Endpoint(
    Pattern.MONEY,
    Who.PARTY,
    tag="Calls",
    why="either party closes the call; its hold is released with it, once",
)


@router.post("/api/calls/{callId}/cancel")
def cancel(call_id: CallIdPath, caller: Caller, payment: Payment) -> Call:
    return payment.answer(service.cancel(call_id, caller.user_id, payment.once))


handler = lambda_handler(router)
