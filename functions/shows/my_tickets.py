"""GET /api/shows/my-tickets: the caller's tickets, newest first."""

from limelight.http import Caller, Endpoint, Page, Pattern, Who, lambda_handler
from limelight.shows import service
from limelight.shows.models import MyTickets

router = Endpoint(
    Pattern.SQL,
    Who.USER,
    tag="Shows",
    why="each ticket with its show and creator, in one round trip",
)


@router.get("/api/shows/my-tickets")
def my_tickets(page: Page, caller: Caller) -> MyTickets:
    return service.tickets_of(caller.user_id, page)


handler = lambda_handler(router)
