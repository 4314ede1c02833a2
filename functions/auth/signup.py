"""POST /api/auth/signup: make an account."""

from limelight.http import Endpoint, Limit, Pattern, Who, lambda_handler
from limelight.people import service
from limelight.people.models import SignedUp, SignUpRequest

router = Endpoint(
    Pattern.REST,
    Who.PUBLIC,
    tag="Auth and user",
    why="Supabase Auth makes the account, and a trigger the rest of it in the same transaction",
    limit=Limit.SIGN_UP,
)


@router.post("/api/auth/signup", status_code=201)
def signup(body: SignUpRequest) -> SignedUp:
    return service.sign_up(body)


handler = lambda_handler(router)
