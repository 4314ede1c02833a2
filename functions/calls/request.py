"""POST /api/calls/request: ask a creator for a call."""

from limelight.calls import service
from limelight.calls.models import CallRequest, CallRequested
from limelight.http import Caller, Endpoint, Limit, Pattern, Payment, Who, lambda_handler

router = Endpoint(
    Pattern.MONEY,
    Who.USER,
    tag="Calls",
    why="call, hold and frozen rate in one transaction; an index allows one open call",
    limit=Limit.CALL_REQUEST,
)


@router.post("/api/calls/request", status_code=201)
def request(body: CallRequest, caller: Caller, payment: Payment) -> CallRequested:
    return payment.answer(service.request(caller.user_id, body, payment.once))


handler = lambda_handler(router)
