"""POST /api/streams/{streamId}/gift: sent again, and sent by many at once."""

from tests.integration.api import Api, Post
from tests.integration.giving import a_gift, balance_of, chat_lines, give
from tests.integration.ledger import GIFTS, entries_of, nothing_moves
from tests.integration.people import Fund, Owner, People, Person

STAR = GIFTS["Star"]


# At most once


def test_the_same_key_and_payload_is_answered_the_same_and_moves_nothing(
    api: Api, owner: Owner, fan: Person, stream: str, fund: Fund, new_key: str
) -> None:
    fund(fan, 100)
    first = give(api, stream, fan, "Star", 3, new_key)

    with nothing_moves(owner):
        again = [give(api, stream, fan, "Star", 3, new_key) for _ in range(3)]

    assert "idempotent-replayed" not in first.headers
    assert {(one.status, one.text) for one in again} == {(201, first.text)}
    assert {one.headers["idempotent-replayed"] for one in again} == {"true"}


def test_the_order_of_fields_and_white_space_do_not_make_another_payload(
    api: Api, owner: Owner, fan: Person, stream: str, fund: Fund
) -> None:
    fund(fan, 100)
    first = give(api, stream, fan, "Star", 3, "a-key")

    with nothing_moves(owner):
        again = api.call(
            "POST",
            f"/api/streams/{stream}/gift",
            token=fan.token,
            raw=f'{{ "quantity" : 3,\n "giftId": "{STAR}" }}'.encode(),
            headers={"Idempotency-Key": "a-key"},
        )

    assert again.text == first.text


def test_the_same_key_with_another_payload_is_refused(
    api: Api, owner: Owner, people: People, fan: Person, stream: str, fund: Fund, new_key: str
) -> None:
    other = people.creator()
    elsewhere = api.post(
        "/api/streams/create", other.token, {"title": "Jazz", "category": "music"}
    ).json["id"]
    fund(fan, 100)
    give(api, stream, fan, "Star", 3, new_key)

    with nothing_moves(owner):
        refusals = [
            give(api, stream, fan, "Star", 4, new_key),
            give(api, stream, fan, "Rose", 3, new_key),
            give(api, elsewhere, fan, "Star", 3, new_key),
        ]

    assert [(one.status, one.code) for one in refusals] == [(422, "idempotency_key_reused")] * 3


def test_a_replay_is_answered_though_the_stream_has_ended_and_the_coins_are_gone(
    api: Api, owner: Owner, people: People, fan: Person, creator: Person, stream: str, fund: Fund,
    new_key: str,
) -> None:  # fmt: skip
    fund(fan, 5)
    first = give(api, stream, fan, key=new_key)
    api.post(f"/api/streams/{stream}/end", creator.token)
    people.ban(stream, fan)

    with nothing_moves(owner):
        again = give(api, stream, fan, key=new_key)

    assert (again.status, again.text) == (201, first.text)


def test_a_key_is_its_users_own(
    api: Api, people: People, fan: Person, stream: str, fund: Fund, new_key: str
) -> None:
    other = people.fan()
    fund(fan, 5)
    fund(other, 5)

    sent = [give(api, stream, one, key=new_key) for one in (fan, other)]

    assert [one.status for one in sent] == [201, 201]
    assert [one.json["streamGift"]["senderId"] for one in sent] == [str(fan.id), str(other.id)]
    assert not [one for one in sent if "idempotent-replayed" in one.headers]
    again = [give(api, stream, one, key=new_key) for one in (fan, other)]
    assert [one.text for one in again] == [one.text for one in sent]


def test_a_gift_sent_many_times_at_once_is_one_gift(
    api: Api, owner: Owner, fan: Person, stream: str, fund: Fund, new_key: str, crowd: None
) -> None:
    fund(fan, 100)
    again = Post(f"/api/streams/{stream}/gift", fan.token, a_gift("Star", 2), new_key)

    answers = api.at_once([again] * 12)

    assert {(one.status, one.text) for one in answers} == {(201, answers[0].text)}
    assert [one.headers.get("idempotent-replayed") for one in answers].count("true") == 11
    assert entries_of(owner, fan) == [("promo_credit", 100), ("gift", -10)]


# Under contention


def test_of_many_gifts_at_once_as_many_succeed_as_the_balance_pays_for(
    api: Api, owner: Owner, fan: Person, creator: Person, stream: str, fund: Fund, crowd: None
) -> None:
    fund(fan, 37)
    gifts = [Post(f"/api/streams/{stream}/gift", fan.token, a_gift("Star")) for _ in range(20)]

    answers = api.at_once(gifts)

    assert sorted(one.status for one in answers) == [201] * 7 + [402] * 13
    refused = [one for one in answers if one.status == 402]
    assert {one.code for one in refused} == {"insufficient_balance"}
    assert {(one.json["required"], one.json["available"]) for one in refused} == {(5, 2)}
    assert sorted(one.json["balance"] for one in answers if one.status == 201) == [
        2, 7, 12, 17, 22, 27, 32,
    ]  # fmt: skip
    assert (balance_of(api, fan), balance_of(api, creator)) == (2, 35)
    assert len(chat_lines(owner, stream)) == 7


def test_fans_who_gift_at_once_are_all_counted(
    api: Api, owner: Owner, people: People, creator: Person, stream: str, fund: Fund, crowd: None
) -> None:
    fans = [people.fan() for _ in range(8)]
    for one in fans:
        fund(one, 20)

    answers = api.at_once(
        [
            Post(f"/api/streams/{stream}/gift", one.token, a_gift("Star"))
            for one in fans
            for _ in range(4)
        ]
    )

    assert [one.status for one in answers] == [201] * 32
    assert balance_of(api, creator) == 160
    leaders = api.get(f"/api/streams/{stream}/leaderboard").json["supporters"]
    assert [(one["coins"], one["gifts"]) for one in leaders] == [(20, 4)] * 8


def test_creators_who_gift_each_other_at_once_do_not_lock_each_other_out(
    api: Api, people: People, creator: Person, stream: str, fund: Fund, crowd: None
) -> None:
    other = people.creator()
    theirs = api.post(
        "/api/streams/create", other.token, {"title": "Jazz", "category": "music"}
    ).json["id"]
    fund(creator, 30)
    fund(other, 30)

    answers = api.at_once(
        [
            Post(f"/api/streams/{at}/gift", sender.token, a_gift("Star"))
            for _ in range(10)
            for sender, at in ((creator, theirs), (other, stream))
        ]
    )

    assert {one.status for one in answers} <= {201, 402}
    assert balance_of(api, creator) + balance_of(api, other) == 60
