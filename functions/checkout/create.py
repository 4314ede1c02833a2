"""POST /api/stripe/create-checkout: a page to buy a coin package on."""

from limelight.checkout import service
from limelight.checkout.models import Checkout, CheckoutRequest
from limelight.http import Caller, Endpoint, Limit, Pattern, Payment, Who, lambda_handler

router = Endpoint(
    Pattern.MONEY,
    Who.USER,
    tag="Wallet and coins",
    why="a purchase is opened once for its key",
    limit=Limit.CHECKOUT,
)


@router.post("/api/stripe/create-checkout", status_code=201)
def create(body: CheckoutRequest, caller: Caller, payment: Payment) -> Checkout:
    return payment.answer(service.create(caller.user_id, body, payment.once))


handler = lambda_handler(router)
