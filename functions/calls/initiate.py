"""POST /api/calls/initiate: ask for a call of so many minutes."""

from limelight.calls import service
from limelight.calls.models import CallRequest, CallRequested
from limelight.http import Caller, Endpoint, Limit, Pattern, Payment, Who, lambda_handler

router = Endpoint(
    Pattern.MONEY,
    Who.USER,
    tag="Calls",
    why="as a request: the expected minutes are set aside with the call",
    limit=Limit.CALL_REQUEST,
)


@router.post("/api/calls/initiate", status_code=201)
def initiate(body: CallRequest, caller: Caller, payment: Payment) -> CallRequested:
    return payment.answer(service.request(caller.user_id, body, payment.once))


handler = lambda_handler(router)
