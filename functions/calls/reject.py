"""POST /api/calls/{callId}/reject: turn a pending call down."""

from limelight.calls import service
from limelight.calls.models import Call
from limelight.http import Caller, Endpoint, Pattern, Payment, Who, lambda_handler
from limelight.http.paths import CallIdPath

router = Endpoint(
    Pattern.MONEY,
    Who.CREATOR,
    tag="Calls",
    why="the call is closed and its hold released together, once",
)


@router.post("/api/calls/{callId}/reject")
def reject(call_id: CallIdPath, caller: Caller, payment: Payment) -> Call:
    return payment.answer(service.reject(call_id, caller.user_id, payment.once))


handler = lambda_handler(router)
