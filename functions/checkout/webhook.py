"""POST /api/stripe/webhook: what Stripe tells of a payment, once."""

from typing import Annotated

from fastapi import Header

from limelight.checkout import service
from limelight.checkout.models import EVENT, EventReceived
from limelight.http import Endpoint, Limit, Pattern, RawBody, RequestId, Who, lambda_handler

router = Endpoint(
    Pattern.MONEY,
    Who.SIGNED,
    tag="Wallet and coins",
    why="coins are credited once for an event",
    limit=Limit.NONE,
)


@router.post("/api/stripe/webhook", openapi_extra=EVENT)
def webhook(
    payload: RawBody,
    request_id: RequestId,
    signature: Annotated[str, Header(alias="Stripe-Signature", include_in_schema=False)] = "",
) -> EventReceived:
    return service.receive(payload, signature, request_id)


handler = lambda_handler(router)
