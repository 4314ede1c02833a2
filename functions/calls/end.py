"""POST /api/calls/{callId}/end: hang up."""

from limelight.calls import service
from limelight.calls.models import Call
from limelight.http import Caller, Endpoint, Pattern, Payment, Who, lambda_handler
from limelight.http.paths import CallIdPath

router = Endpoint(
    Pattern.MONEY,
    Who.PARTY,
    tag="Calls",
    why="bill, capture of the hold, both sides of the ledger and the call in one transaction",
)


@router.post("/api/calls/{callId}/end")
def end(call_id: CallIdPath, caller: Caller, payment: Payment) -> Call:
    return payment.answer(service.end(call_id, caller.user_id, payment.once))


handler = lambda_handler(router)
