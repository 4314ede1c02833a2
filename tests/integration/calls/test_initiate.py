"""POST /api/calls/initiate: a request under the path of older clients."""

from tests.integration.api import Api
from tests.integration.ledger import nothing_moves
from tests.integration.people import Owner
from tests.integration.telephone import Telephone, wallet


def test_the_expected_minutes_are_set_aside(api: Api, line: Telephone) -> None:
    asked = api.pay("/api/calls/initiate", line.fan.token, line.wish(12))

    assert asked.status == 201
    assert asked.json["held"] == 120
    assert asked.json["call"]["status"] == "pending"
    assert wallet(api, line.fan) == (1000, 120)


def test_it_is_one_open_call_under_either_path(api: Api, owner: Owner, line: Telephone) -> None:
    call = line.pending()

    with nothing_moves(owner):
        refused = api.pay("/api/calls/initiate", line.fan.token, line.wish(12))

    assert (refused.status, refused.code) == (409, "call_open")
    assert refused.json["callId"] == call


def test_the_same_key_is_answered_the_same(
    api: Api, owner: Owner, line: Telephone, new_key: str
) -> None:
    first = api.pay("/api/calls/initiate", line.fan.token, line.wish(12), new_key)

    with nothing_moves(owner):
        again = api.pay("/api/calls/initiate", line.fan.token, line.wish(12), new_key)

    assert (again.status, again.text) == (201, first.text)
    assert again.headers["idempotent-replayed"] == "true"
