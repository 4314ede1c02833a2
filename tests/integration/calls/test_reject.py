"""POST /api/calls/{callId}/reject."""

import pytest

from local.services.backing import Backing
from tests.integration.api import Api
from tests.integration.ledger import entries_of, nothing_moves
from tests.integration.people import Fund, Owner, People, Person
from tests.integration.sandbox import outage
from tests.integration.telephone import Telephone, hold_of, nobody, take_calls, told, wallet


def test_a_rejected_call_is_closed_and_its_hold_released(
    api: Api, owner: Owner, line: Telephone
) -> None:
    call = line.pending()

    rejected = line.act(call, "reject", line.creator)

    assert rejected.status == 200
    assert rejected.headers["cache-control"] == "no-store"
    shown = rejected.json
    assert (shown["status"], shown["endReason"], shown["endedBy"]) == (
        "rejected", "reject", "creator",
    )  # fmt: skip
    assert (shown["billedMinutes"], shown["charged"], shown["expiresAt"]) == (0, 0, None)
    assert hold_of(owner, call) == ("released", 50, 0)
    assert wallet(api, line.fan) == (1000, 0)
    assert entries_of(owner, line.fan) == [("promo_credit", 1000)]


def test_both_are_told(owner: Owner, line: Telephone) -> None:
    line.act(line.pending(), "reject", line.creator)

    for who in (line.fan, line.creator):
        assert [one["endReason"] for one in told(owner, who)] == [None, "reject"]


@pytest.mark.parametrize("same_key", [True, False])
def test_a_hold_is_released_exactly_once(
    api: Api, owner: Owner, line: Telephone, new_key: str, same_key: bool
) -> None:
    call = line.pending()
    first = line.act(call, "reject", line.creator, new_key)

    if same_key:
        with nothing_moves(owner):
            again = line.act(call, "reject", line.creator, new_key)
    else:
        again = line.act(call, "reject", line.creator)

    assert (again.status, again.json) == (200, first.json)
    assert ("idempotent-replayed" in again.headers) == same_key
    assert wallet(api, line.fan) == (1000, 0)


def test_a_fan_cancels_and_does_not_reject(owner: Owner, line: Telephone) -> None:
    call = line.pending()

    with nothing_moves(owner):
        refused = line.act(call, "reject", line.fan)

    assert (refused.status, refused.code) == (403, "role_required")


def test_a_creator_who_calls_does_not_reject_in_the_others_place(
    api: Api, owner: Owner, people: People, creator: Person, fund: Fund
) -> None:
    other = people.creator()
    take_calls(owner, other)
    fund(creator, 50)
    line = Telephone(api, creator, other)
    call = line.pending()

    with nothing_moves(owner):
        refused = line.act(call, "reject", creator)

    assert (refused.status, refused.code) == (403, "forbidden")


def test_a_call_of_another_creator_does_not_exist(
    owner: Owner, people: People, line: Telephone
) -> None:
    call = line.pending()
    other = people.creator()

    with nothing_moves(owner):
        refusals = [
            line.act(call, "reject", other),
            line.act(nobody(), "reject", line.creator),
        ]

    assert [(one.status, one.code) for one in refusals] == [(404, "not_found")] * 2


def test_rejects_and_cancels_at_once_close_the_call_once(
    api: Api, owner: Owner, line: Telephone, crowd: None
) -> None:
    call = line.pending()
    each = [line.post(call, "reject", line.creator), line.post(call, "cancel", line.fan)]

    answers = api.at_once(each * 5)

    assert sorted(one.status for one in answers) == [200] * 5 + [409] * 5
    assert {one.json["callStatus"] for one in answers if one.status == 409} == {
        line.get(call)["status"]
    }
    assert wallet(api, line.fan) == (1000, 0)


def test_a_reject_that_finds_no_database_is_an_outage(
    api: Api, backing: Backing, line: Telephone, new_key: str
) -> None:
    call = line.pending()

    with outage(backing, database=True, supabase=False, keys=False):
        lost = line.act(call, "reject", line.creator, new_key)

    assert (lost.status, lost.code) == (503, "upstream_unavailable")
    assert wallet(api, line.fan) == (1000, 50)
    assert line.act(call, "reject", line.creator, new_key).json["status"] == "rejected"
