"""DELETE /api/shows/{showId}: cancel a show and refund its tickets."""

from limelight.http import Caller, Endpoint, Pattern, Payment, Who, lambda_handler
from limelight.http.paths import ShowIdPath
from limelight.shows import service
from limelight.shows.models import ShowCancelled

router = Endpoint(
    Pattern.MONEY,
    Who.OWNER,
    tag="Shows",
    why="every ticket goes back out of escrow in the transaction that cancels",
)


@router.delete("/api/shows/{showId}")
def cancel(show_id: ShowIdPath, caller: Caller, payment: Payment) -> ShowCancelled:
    return payment.answer(service.cancel(show_id, caller.user_id, payment.once))


handler = lambda_handler(router)
