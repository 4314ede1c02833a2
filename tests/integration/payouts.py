"""Payouts to test with."""

from tests.integration.api import UNSET, Answer, Api
from tests.integration.people import Person

REQUEST = "/api/wallet/payouts/request"


def request(api: Api, person: Person, amount: object, key: str = "") -> Answer:
    """Asks for coins to be paid out; a new key unless one is given."""
    return api.pay(REQUEST, person.token, {"amount": amount}, key or None)


def close(api: Api, admin: Person, payout: object, action: str, key: str = "") -> Answer:
    """Settles or returns a payout."""
    path = f"/api/admin/payouts/{payout}/{action}"
    return api.pay(path, admin.token, UNSET, key or None)
