"""POST /api/shows/{showId}/end: end a show and pay its creator."""

from limelight.http import Caller, Endpoint, Pattern, Payment, Who, lambda_handler
from limelight.http.paths import ShowIdPath
from limelight.shows import service
from limelight.shows.models import ShowEnded

router = Endpoint(
    Pattern.MONEY,
    Who.OWNER,
    tag="Shows",
    why="the escrow is released once, in the transaction that ends the show",
)


@router.post("/api/shows/{showId}/end")
def end(show_id: ShowIdPath, caller: Caller, payment: Payment) -> ShowEnded:
    return payment.answer(service.end(show_id, caller.user_id, payment.once))


handler = lambda_handler(router)
