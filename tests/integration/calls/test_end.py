"""POST /api/calls/{callId}/end."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from local.services.backing import Backing
from tests.integration.api import Api
from tests.integration.clock import StoppedClock
from tests.integration.ledger import entries_of, nothing_moves, system_balance
from tests.integration.people import Fund, Owner, People, Person
from tests.integration.sandbox import outage
from tests.integration.telephone import Telephone, hold_of, nobody, take_calls, told, wallet

BILLS = [
    # seconds, minutes at a minimum of 5
    (0, 5),
    (1, 5),
    (299, 5),
    (300, 5),
    (301, 6),
    (359, 6),
    (360, 6),
    (361, 7),
    (3_600, 60),
    (3_601, 61),
]


@pytest.fixture
def fee_of_a_fifth(owner: Owner) -> Iterator[None]:
    owner.execute("insert into ledger.fee_rates values ('hold_capture', 2000)")
    yield
    owner.execute("delete from ledger.fee_rates")


# The bill


@pytest.mark.parametrize(("seconds", "minutes"), BILLS)
def test_every_minute_begun_is_billed_and_never_less_than_the_minimum(
    api: Api, clock: StoppedClock, line: Telephone, seconds: int, minutes: int
) -> None:
    call = line.active()
    clock.advance(seconds=seconds)

    ended = line.act(call, "end", line.fan)

    assert ended.status == 200
    assert ended.headers["cache-control"] == "no-store"
    bill = ended.json
    assert (bill["status"], bill["endReason"], bill["endedBy"]) == ("completed", "end", "fan")
    assert (bill["durationSeconds"], bill["billedMinutes"]) == (seconds, minutes)
    assert (bill["charged"], bill["shortfall"]) == (10 * minutes, 0)
    assert wallet(api, line.fan) == (1000 - 10 * minutes, 0)
    assert wallet(api, line.creator) == (10 * minutes, 0)


@pytest.mark.parametrize(("minimum", "seconds", "minutes"), [(1, 0, 1), (1, 60, 1), (1, 61, 2)])
def test_the_minimum_is_the_creators_own(
    owner: Owner, clock: StoppedClock, line: Telephone, minimum: int, seconds: int, minutes: int
) -> None:
    take_calls(owner, line.creator, minimum=minimum)
    call = line.active()
    clock.advance(seconds=seconds)

    assert line.act(call, "end", line.fan).json["billedMinutes"] == minutes


def test_a_call_is_billed_from_when_both_were_there(clock: StoppedClock, line: Telephone) -> None:
    call = line.accepted()
    line.act(call, "start", line.fan)
    clock.advance(minutes=10)
    line.act(call, "start", line.creator)
    clock.advance(minutes=6)

    bill = line.act(call, "end", line.creator).json

    assert (bill["durationSeconds"], bill["billedMinutes"], bill["charged"]) == (360, 6, 60)
    assert bill["endedBy"] == "creator"


def test_a_bill_below_the_estimate_gives_the_rest_of_the_hold_back(
    api: Api, owner: Owner, clock: StoppedClock, line: Telephone
) -> None:
    call = line.active(60)
    assert wallet(api, line.fan) == (1000, 600)
    clock.advance(minutes=7)

    line.act(call, "end", line.fan)

    assert hold_of(owner, call) == ("settled", 600, 70)
    assert wallet(api, line.fan) == (930, 0)


def test_a_bill_above_the_hold_is_paid_from_the_wallet(
    api: Api, owner: Owner, clock: StoppedClock, line: Telephone
) -> None:
    call = line.active()
    clock.advance(minutes=20)

    bill = line.act(call, "end", line.fan).json

    assert (bill["charged"], bill["shortfall"]) == (200, 0)
    assert hold_of(owner, call) == ("settled", 50, 200)
    assert wallet(api, line.fan) == (800, 0)


def test_what_the_fan_cannot_pay_is_recorded_and_never_owed_by_the_wallet(
    api: Api, people: People, clock: StoppedClock, line: Telephone, fund: Fund
) -> None:
    poor = people.fan()
    fund(poor, 73)
    line = line.of(poor)
    call = line.active()
    clock.advance(minutes=20)

    bill = line.act(call, "end", line.fan).json

    assert (bill["billedMinutes"], bill["charged"], bill["shortfall"]) == (20, 73, 127)
    assert wallet(api, poor) == (0, 0)
    assert wallet(api, line.creator) == (73, 0)


def test_coins_that_came_in_during_the_call_pay_for_it(
    api: Api, people: People, clock: StoppedClock, line: Telephone, fund: Fund
) -> None:
    poor = people.fan()
    fund(poor, 50)
    line = line.of(poor)
    call = line.active()
    clock.advance(minutes=8)
    fund(poor, 40)

    bill = line.act(call, "end", line.fan).json

    assert (bill["charged"], bill["shortfall"]) == (80, 0)
    assert wallet(api, poor) == (10, 0)


def test_a_call_is_billed_at_the_rate_and_minimum_it_was_asked_for_at(
    owner: Owner, clock: StoppedClock, line: Telephone
) -> None:
    call = line.active()
    take_calls(owner, line.creator, rate=1000, minimum=60)
    clock.advance(minutes=5)

    bill = line.act(call, "end", line.creator).json

    assert (bill["ratePerMinute"], bill["minimumMinutes"], bill["charged"]) == (10, 5, 50)


@pytest.mark.usefixtures("fee_of_a_fifth")
@pytest.mark.parametrize(("minutes", "fee"), [(5, 3), (6, 3), (7, 4)])
def test_the_platforms_share_is_rounded_down_to_the_creators_benefit(
    owner: Owner, clock: StoppedClock, line: Telephone, minutes: int, fee: int
) -> None:
    take_calls(owner, line.creator, rate=3)
    fees = system_balance(owner, "platform_fees")
    call = line.active()
    clock.advance(minutes=minutes)

    bill = line.act(call, "end", line.fan).json

    assert bill["charged"] == 3 * minutes
    assert entries_of(owner, line.creator) == [("call_earnings", 3 * minutes - fee)]
    assert system_balance(owner, "platform_fees") == fees + fee


def test_a_bill_is_one_transfer_of_the_fans_that_names_the_call_and_the_request(
    owner: Owner, people: People, clock: StoppedClock, line: Telephone
) -> None:
    call = line.active()
    clock.advance(minutes=5)

    ended = line.act(call, "end", line.creator)

    transfer = people.row(
        "select t.* from public.transfers t join public.calls c on c.transfer_id = t.id "
        "where c.id = %(call)s",
        {"call": call},
    )
    assert (transfer["operation"], transfer["actor_id"]) == ("hold_capture", line.fan.id)
    assert (transfer["subject_type"], str(transfer["subject_id"])) == ("call", call)
    assert transfer["idempotency_key"] == f"call/{call}"
    assert transfer["request_id"] == ended.headers["x-request-id"]
    assert entries_of(owner, line.fan)[1:] == [("call_charge", -50)]
    assert entries_of(owner, line.creator) == [("call_earnings", 50)]


def test_a_call_that_outlived_its_four_hours_is_billed_for_four_hours(
    owner: Owner, clock: StoppedClock, line: Telephone
) -> None:
    take_calls(owner, line.creator, rate=1)
    call = line.active()
    clock.advance(minutes=245)

    bill = line.act(call, "end", line.fan).json

    assert (bill["durationSeconds"], bill["billedMinutes"]) == (240 * 60, 240)


# Who, and when


def test_a_call_that_never_started_is_cancelled_and_costs_nothing(
    api: Api, owner: Owner, line: Telephone
) -> None:
    call = line.accepted()
    line.act(call, "start", line.fan)

    ended = line.act(call, "end", line.fan)

    assert (ended.status, ended.json["status"]) == (200, "cancelled")
    assert (ended.json["billedMinutes"], ended.json["charged"]) == (0, 0)
    assert ended.json["durationSeconds"] is None
    assert hold_of(owner, call) == ("released", 50, 0)
    assert wallet(api, line.fan) == (1000, 0)


def test_a_pending_call_is_not_ended_but_cancelled(owner: Owner, line: Telephone) -> None:
    call = line.pending()

    with nothing_moves(owner):
        refused = line.act(call, "end", line.fan)

    assert (refused.status, refused.code) == (409, "call_state")
    assert refused.json["callStatus"] == "pending"


def test_nobody_else_ends_a_call_or_learns_of_it(
    owner: Owner, people: People, line: Telephone
) -> None:
    call = line.active()
    strangers = [people.fan(), people.creator()]

    with nothing_moves(owner):
        refusals = [line.act(call, "end", one) for one in strangers]
        refusals.append(line.act(nobody(), "end", line.fan))

    assert [(one.status, one.code) for one in refusals] == [(404, "not_found")] * 3


def test_a_block_does_not_keep_anybody_from_hanging_up(
    people: People, clock: StoppedClock, line: Telephone
) -> None:
    call = line.active()
    people.block(line.creator, line.fan)
    clock.advance(minutes=5)

    assert line.act(call, "end", line.fan).json["charged"] == 50


def test_both_are_told_the_bill_and_nothing_that_is_not_public(
    owner: Owner, clock: StoppedClock, line: Telephone
) -> None:
    call = line.active()
    clock.advance(minutes=7)
    line.act(call, "end", line.fan)

    heard = [told(owner, one) for one in (line.fan, line.creator)]

    assert heard[0] == heard[1]
    assert [one["status"] for one in heard[0]] == [
        "pending", "accepted", "accepted", "active", "completed",
    ]  # fmt: skip
    assert heard[0][-1] == {
        "callId": call,
        "status": "completed",
        "fan": mini(line.fan),
        "creator": mini(line.creator),
        "fanJoined": True,
        "creatorJoined": True,
        "expiresAt": None,
        "endReason": "end",
        "billedMinutes": 7,
    }


def mini(person: Person) -> dict[str, object]:
    return {
        "id": str(person.id),
        "username": person.username,
        "displayName": person.username,
        "avatarUrl": None,
    }


# At most once


def test_the_same_key_is_answered_the_same_and_moves_nothing(
    owner: Owner, clock: StoppedClock, line: Telephone, new_key: str
) -> None:
    call = line.active()
    clock.advance(minutes=6)
    first = line.act(call, "end", line.fan, new_key)
    clock.advance(minutes=6)

    with nothing_moves(owner):
        again = line.act(call, "end", line.fan, new_key)

    assert (again.status, again.text) == (200, first.text)
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"


def test_another_key_and_the_other_party_are_answered_the_same_bill(
    api: Api, clock: StoppedClock, line: Telephone
) -> None:
    call = line.active()
    clock.advance(minutes=6)
    first = line.act(call, "end", line.fan)
    clock.advance(minutes=6)

    again = [line.act(call, "end", who) for who in (line.fan, line.creator)]

    assert [(one.status, one.json) for one in again] == [(200, first.json)] * 2
    assert wallet(api, line.fan) == (940, 0)


def test_the_same_key_for_another_call_is_refused(
    owner: Owner, line: Telephone, new_key: str
) -> None:
    line.act(line.active(), "end", line.fan, new_key)
    other = line.active()

    with nothing_moves(owner):
        refused = line.act(other, "end", line.fan, new_key)

    assert (refused.status, refused.code) == (422, "idempotency_key_reused")


def test_many_ends_at_once_are_one_bill(
    api: Api, owner: Owner, clock: StoppedClock, line: Telephone, crowd: None
) -> None:
    call = line.active()
    clock.advance(minutes=6)

    answers = api.at_once(
        [line.post(call, "end", who) for _ in range(6) for who in (line.fan, line.creator)]
    )

    assert {one.status for one in answers} == {200}
    assert len({one.json["endedBy"] for one in answers}) == 1
    assert {one.json["charged"] for one in answers} == {60}
    assert entries_of(owner, line.creator) == [("call_earnings", 60)]


# When things are not as they should be


def test_an_end_that_finds_no_database_is_an_outage_and_can_be_asked_again(
    api: Api, backing: Backing, clock: StoppedClock, line: Telephone, new_key: str
) -> None:
    call = line.active()
    clock.advance(minutes=6)

    with outage(backing, database=True, supabase=False, keys=False):
        lost = line.act(call, "end", line.fan, new_key)
    ended = line.act(call, "end", line.fan, new_key)

    assert (lost.status, lost.code) == (503, "upstream_unavailable")
    assert (ended.status, ended.json["charged"]) == (200, 60)


@pytest.mark.parametrize(
    ("left", "charged", "shortfall"), [(1000, 60, 0), (45, 45, 15), (0, 0, 60)]
)
def test_a_call_whose_hold_is_gone_is_billed_from_what_the_wallet_has(
    api: Api, people: People, owner: Owner, clock: StoppedClock, line: Telephone, fund: Fund,
    admin: Person, left: int, charged: int, shortfall: int,
) -> None:  # fmt: skip
    line = line.of(people.fan())
    fund(line.fan, 1000)
    call = line.active()
    owner.execute("select ledger.void_hold(c.hold_id) from public.calls c where c.id = %s", (call,))
    if left < 1000:
        taken = {"amount": left - 1000, "reason": "spent elsewhere"}
        api.pay(f"/api/admin/wallets/{line.fan.id}/adjust", admin.token, taken, str(uuid4()))
    clock.advance(minutes=6)

    bill = line.act(call, "end", line.fan)

    assert (bill.status, bill.json["charged"], bill.json["shortfall"]) == (200, charged, shortfall)
    assert wallet(api, line.fan) == (left - charged, 0)
