"""POST /api/streams/{streamId}/tip."""

from uuid import UUID

import pytest

from tests.integration.api import Api, Post
from tests.integration.clock import Clock
from tests.integration.giving import balance_of, chat_lines, give, tip, told
from tests.integration.ledger import entries_of, hold, nothing_moves, system_balance
from tests.integration.moments import in_days, is_moment
from tests.integration.people import Fund, OpenStream, Owner, People, Person
from tests.integration.streams.conftest import Closed

NOT_AN_AMOUNT = [0, -1, 100_001, 1.0, 2.5, "3", "", None, True, [], {}, 2**63, -(2**63), 10**30]


# What a tip does


def test_a_tip_moves_coins_from_the_fan_to_the_host(
    api: Api, fan: Person, creator: Person, stream: str, fund: Fund
) -> None:
    fund(fan, 100)

    sent = tip(api, stream, fan, 30)

    assert sent.status == 201
    assert sent.json["balance"] == 70
    assert (balance_of(api, fan), balance_of(api, creator)) == (70, 30)


def test_a_tip_is_answered_with_itself_and_the_senders_balance(
    api: Api, fan: Person, stream: str, fund: Fund
) -> None:
    fund(fan, 100)

    sent = tip(api, stream, fan, 30, message="  Encore!\n")

    assert sent.headers["cache-control"] == "no-store"
    assert "idempotent-replayed" not in sent.headers
    assert sent.json.keys() == {"streamTip", "balance"}
    shown = sent.json["streamTip"]
    assert shown.keys() == {
        "id", "streamId", "senderId", "transferId", "amount", "message", "createdAt",
    }  # fmt: skip
    assert UUID(shown["id"]) != UUID(shown["transferId"])
    assert (shown["streamId"], shown["senderId"]) == (stream, str(fan.id))
    assert (shown["amount"], shown["message"]) == (30, "Encore!")
    assert is_moment(shown["createdAt"])


def test_a_tip_leaves_its_row_chat_line_supporter_total_and_event_together(
    api: Api, owner: Owner, people: People, fan: Person, stream: str, fund: Fund
) -> None:
    fund(fan, 100)

    sent = tip(api, stream, fan, 30, message="Encore!").json["streamTip"]

    row = people.row("select * from public.stream_tips where id = %(id)s", {"id": sent["id"]})
    assert (row["amount"], row["message"]) == (30, "Encore!")
    assert str(row["transfer_id"]) == sent["transferId"]
    line = people.row("select * from public.stream_messages where stream_id = %(s)s", {"s": stream})
    assert (line["kind"], line["content"], line["user_id"]) == ("tip", "Encore!", fan.id)
    assert (str(line["tip_id"]), line["gift_id"]) == (sent["id"], None)
    total = people.row(
        "select * from public.stream_supporters where stream_id = %(s)s", {"s": stream}
    )
    assert (total["user_id"], total["coins"], total["gifts"]) == (fan.id, 30, 0)
    assert told(owner, stream, "tip") == [
        {
            "streamTipId": sent["id"],
            "sender": {
                "id": str(fan.id), "username": fan.username, "displayName": fan.username,
                "avatarUrl": None,
            },
            "amount": 30,
            "message": "Encore!",
        }
    ]  # fmt: skip


def test_a_tip_without_words_says_in_the_chat_what_was_given(
    api: Api, owner: Owner, fan: Person, stream: str, fund: Fund
) -> None:
    fund(fan, 100)

    sent = tip(api, stream, fan, 30)

    assert sent.json["streamTip"]["message"] is None
    assert chat_lines(owner, stream) == [("tip", "tipped 30")]


def test_a_tip_is_one_transfer_that_names_its_request_and_stream(
    api: Api, people: People, owner: Owner, fan: Person, creator: Person, stream: str, fund: Fund
) -> None:
    fund(fan, 100)

    sent = tip(api, stream, fan, 100, key="the-key")

    transfer = people.row(
        "select * from public.transfers where id = %(id)s",
        {"id": sent.json["streamTip"]["transferId"]},
    )
    assert (transfer["operation"], transfer["actor_id"]) == ("tip", fan.id)
    assert (transfer["subject_type"], str(transfer["subject_id"])) == ("stream", stream)
    assert transfer["idempotency_key"] == "the-key"
    assert transfer["request_id"] == sent.headers["x-request-id"]
    assert entries_of(owner, fan) == [("promo_credit", 100), ("stream_tip", -100)]
    assert entries_of(owner, creator) == [("stream_tip", 100)]


def test_tips_and_gifts_of_one_supporter_are_one_total(
    api: Api, fan: Person, stream: str, fund: Fund
) -> None:
    fund(fan, 100)
    tip(api, stream, fan, 7)
    give(api, stream, fan, "Star", 2)
    tip(api, stream, fan, 3)

    (leader,) = api.get(f"/api/streams/{stream}/leaderboard").json["supporters"]

    assert (leader["coins"], leader["gifts"]) == (20, 2)
    assert api.get(f"/api/streams/{stream}").json["totalCoins"] == 20


@pytest.mark.parametrize("amount", [1, 100_000])
def test_the_smallest_and_the_largest_tip(
    api: Api, fan: Person, creator: Person, stream: str, fund: Fund, amount: int
) -> None:
    fund(fan, 100_000)

    assert tip(api, stream, fan, amount).json["balance"] == 100_000 - amount
    assert balance_of(api, creator) == amount


def test_a_fifth_of_a_tip_is_the_platforms_rounded_down(
    api: Api, owner: Owner, fan: Person, creator: Person, stream: str, fund: Fund,
    fee_of_a_fifth: None,
) -> None:  # fmt: skip
    fund(fan, 100)
    fees = system_balance(owner, "platform_fees")

    tip(api, stream, fan, 99)

    assert entries_of(owner, fan) == [("promo_credit", 100), ("stream_tip", -99)]
    assert entries_of(owner, creator) == [("stream_tip", 80)]
    assert system_balance(owner, "platform_fees") == fees + 19


# Who may


def test_a_fan_with_access_may_tip(api: Api, fan: Person, admitted: str, fund: Fund) -> None:
    fund(fan, 10)

    assert tip(api, admitted, fan).status == 201


def test_a_fan_without_access_is_told_why_and_keeps_their_coins(
    api: Api, owner: Owner, fan: Person, closed: Closed, fund: Fund
) -> None:
    fund(fan, 10)
    with nothing_moves(owner):
        refused = tip(api, closed.stream, fan)

    assert (refused.status, refused.code) == (closed.status, closed.code)


def test_a_host_cannot_tip_themselves(
    api: Api, owner: Owner, creator: Person, stream: str, fund: Fund
) -> None:
    fund(creator, 10)
    with nothing_moves(owner):
        refused = tip(api, stream, creator)

    assert (refused.status, refused.code) == (403, "own_stream")


def test_only_a_live_stream_takes_tips(
    api: Api, owner: Owner, fan: Person, creator: Person, open_stream: OpenStream, fund: Fund
) -> None:
    scheduled, ended = open_stream(scheduledFor=in_days(1)), open_stream()
    assert api.post(f"/api/streams/{ended}/end", creator.token).status == 200
    fund(fan, 10)

    with nothing_moves(owner):
        refusals = [tip(api, one, fan) for one in (scheduled, ended)]

    assert [(one.status, one.code) for one in refusals] == [(409, "stream_not_live")] * 2


def test_who_may_not_write_may_tip_without_words(
    api: Api, owner: Owner, fan: Person, creator: Person, stream: str, fund: Fund, clock: Clock
) -> None:
    fund(fan, 30)
    silence = {"userId": str(fan.id), "minutes": 5}
    assert api.post(f"/api/streams/{stream}/timeout", creator.token, silence).status == 200

    with nothing_moves(owner):
        refused = tip(api, stream, fan, 10, message="Encore!")
    silent = tip(api, stream, fan, 10)
    clock.advance(minutes=5)
    aloud = tip(api, stream, fan, 10, message="Encore!")

    assert (refused.status, refused.code) == (403, "timed_out")
    assert 0 < refused.json["remainingSeconds"] <= 300
    assert [silent.status, aloud.status] == [201, 201]


def test_the_words_of_a_tip_do_not_wait_for_slow_mode(
    api: Api, fan: Person, creator: Person, stream: str, fund: Fund
) -> None:
    fund(fan, 30)
    api.post(f"/api/streams/{stream}/slow-mode", creator.token, {"seconds": 300})

    sent = [tip(api, stream, fan, 10, message="Encore!") for _ in range(3)]

    assert [one.status for one in sent] == [201] * 3


# What it takes


@pytest.mark.parametrize("amount", NOT_AN_AMOUNT, ids=repr)
def test_an_amount_that_is_no_whole_number_of_coins_is_refused_before_any_sql(
    api: Api, owner: Owner, fan: Person, stream: str, fund: Fund, queries: list[str],
    amount: object,
) -> None:  # fmt: skip
    fund(fan, 10)
    queries.clear()

    with nothing_moves(owner):
        refused = tip(api, stream, fan, amount)

    assert (refused.status, refused.code) == (422, "validation_failed")
    assert [fault["pointer"] for fault in refused.json["errors"]] == ["/amount"]
    assert "ledger.tip" not in queries


def test_a_message_of_500_characters_is_shown_whole(
    api: Api, owner: Owner, fan: Person, stream: str, fund: Fund
) -> None:
    fund(fan, 10)

    assert tip(api, stream, fan, 1, message="é" * 500).status == 201
    assert chat_lines(owner, stream) == [("tip", "é" * 500)]


@pytest.mark.parametrize("message", ["", " \n ", "é" * 501, "a\x00b", 5], ids=ascii)
def test_a_message_that_says_nothing_or_too_much_is_refused(
    api: Api, owner: Owner, fan: Person, stream: str, fund: Fund, message: object
) -> None:
    fund(fan, 10)

    with nothing_moves(owner):
        refused = tip(api, stream, fan, 1, message=message)

    assert (refused.status, refused.code) == (422, "validation_failed")
    assert [fault["pointer"] for fault in refused.json["errors"]] == ["/message"]


# What the balance allows


def test_a_tip_beyond_the_balance_moves_nothing_and_says_what_is_missing(
    api: Api, owner: Owner, fan: Person, stream: str, fund: Fund
) -> None:
    fund(fan, 14)

    with nothing_moves(owner):
        refused = tip(api, stream, fan, 15)

    assert (refused.status, refused.code) == (402, "insufficient_balance")
    assert (refused.json["required"], refused.json["available"]) == (15, 14)


def test_held_coins_cannot_be_tipped(
    api: Api, owner: Owner, fan: Person, stream: str, fund: Fund
) -> None:
    fund(fan, 10)
    hold(owner, fan, 6)

    refused = tip(api, stream, fan, 5)

    assert (refused.status, refused.code) == (402, "insufficient_balance")
    assert (refused.json["required"], refused.json["available"]) == (5, 4)


# At most once


def test_the_same_key_and_payload_is_answered_the_same_and_moves_nothing(
    api: Api, owner: Owner, fan: Person, creator: Person, stream: str, fund: Fund, new_key: str
) -> None:
    fund(fan, 100)
    first = tip(api, stream, fan, 30, new_key, message="Encore!")
    api.post(f"/api/streams/{stream}/end", creator.token)

    with nothing_moves(owner):
        again = [tip(api, stream, fan, 30, new_key, message="Encore!") for _ in range(3)]

    assert {(one.status, one.text) for one in again} == {(201, first.text)}
    assert {one.headers["idempotent-replayed"] for one in again} == {"true"}


def test_the_same_key_with_another_payload_is_refused(
    api: Api, owner: Owner, fan: Person, stream: str, fund: Fund, new_key: str
) -> None:
    fund(fan, 100)
    tip(api, stream, fan, 30, new_key)

    with nothing_moves(owner):
        refusals = [
            tip(api, stream, fan, 31, new_key),
            tip(api, stream, fan, 30, new_key, message="Encore!"),
        ]

    assert [(one.status, one.code) for one in refusals] == [(422, "idempotency_key_reused")] * 2


def test_a_gift_and_a_tip_may_have_the_same_key(
    api: Api, fan: Person, stream: str, fund: Fund, new_key: str
) -> None:
    fund(fan, 10)

    sent = [give(api, stream, fan, key=new_key), tip(api, stream, fan, 5, new_key)]

    assert [one.status for one in sent] == [201, 201]
    assert balance_of(api, fan) == 0


def test_a_tip_sent_many_times_at_once_is_one_tip(
    api: Api, owner: Owner, fan: Person, stream: str, fund: Fund, new_key: str, crowd: None
) -> None:
    fund(fan, 100)
    again = Post(f"/api/streams/{stream}/tip", fan.token, {"amount": 10}, new_key)

    answers = api.at_once([again] * 12)

    assert {(one.status, one.text) for one in answers} == {(201, answers[0].text)}
    assert [one.headers.get("idempotent-replayed") for one in answers].count("true") == 11
    assert entries_of(owner, fan) == [("promo_credit", 100), ("stream_tip", -10)]


def test_of_many_tips_at_once_as_many_succeed_as_the_balance_pays_for(
    api: Api, owner: Owner, fan: Person, creator: Person, stream: str, fund: Fund, crowd: None
) -> None:
    fund(fan, 37)
    tips = [Post(f"/api/streams/{stream}/tip", fan.token, {"amount": 5}) for _ in range(20)]

    answers = api.at_once(tips)

    assert sorted(one.status for one in answers) == [201] * 7 + [402] * 13
    assert (balance_of(api, fan), balance_of(api, creator)) == (2, 35)
    assert len(chat_lines(owner, stream)) == 7
