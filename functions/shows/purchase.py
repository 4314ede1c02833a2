"""POST /api/shows/{showId}/purchase: buy a ticket."""

from limelight.http import Caller, Endpoint, Limit, Pattern, Payment, Who, lambda_handler
from limelight.http.paths import ShowIdPath
from limelight.shows import service
from limelight.shows.models import TicketPurchased

router = Endpoint(
    Pattern.MONEY,
    Who.USER,
    tag="Shows",
    why="seat, number, coins into escrow and ticket under one lock",
    limit=Limit.SHOW_TICKET,
)


@router.post("/api/shows/{showId}/purchase", status_code=201)
def purchase(show_id: ShowIdPath, caller: Caller, payment: Payment) -> TicketPurchased:
    return payment.answer(service.purchase(show_id, caller.user_id, payment.once))


handler = lambda_handler(router)
