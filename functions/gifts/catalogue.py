"""GET /api/gifts: the gifts that can be sent, cheapest first."""

from fastapi import Response

from limelight.http import Endpoint, Page, Pattern, Who, lambda_handler
from limelight.support import service
from limelight.support.models import GiftCatalogue

router = Endpoint(
    Pattern.SQL,
    Who.PUBLIC,
    tag="Streams",
    why="the same for everybody, paged along the index by price",
)


@router.get("/api/gifts")
def catalogue(page: Page, response: Response) -> GiftCatalogue:
    response.headers["Cache-Control"] = "public, max-age=60"
    return service.catalogue(page)


handler = lambda_handler(router)
