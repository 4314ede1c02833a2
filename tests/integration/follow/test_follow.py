"""POST /api/follow/{userId}."""

import threading
from uuid import uuid4

import httpx
import pytest

from tests.integration.api import Answer, Api
from tests.integration.people import Owner, People, Person


def follow(api: Api, person: Person, other: Person) -> Answer:
    return api.post(f"/api/follow/{other.id}", person.token)


def counters(people: People, person: Person) -> tuple[int, int]:
    row = people.row(
        "select follower_count, following_count from public.profiles where user_id = %(id)s",
        {"id": person.id},
    )
    return row["follower_count"], row["following_count"]


def test_a_follow_is_answered_and_counted_on_both_sides(
    api: Api, people: People, fan: Person, creator: Person
) -> None:
    answer = follow(api, fan, creator)

    assert (answer.status, answer.json) == (201, {"userId": str(creator.id), "isFollowing": True})
    assert counters(people, creator) == (1, 0)
    assert counters(people, fan) == (0, 1)


def test_a_follow_does_not_make_the_profile_look_changed(
    api: Api, people: People, fan: Person, creator: Person
) -> None:
    before = api.get("/api/user/profile", creator.token).json["user"]["updatedAt"]

    follow(api, fan, creator)

    assert api.get("/api/user/profile", creator.token).json["user"]["updatedAt"] == before


def test_a_second_follow_is_refused_and_not_counted(
    api: Api, people: People, fan: Person, creator: Person
) -> None:
    follow(api, fan, creator)

    again = follow(api, fan, creator)

    assert (again.status, again.code) == (409, "already_following")
    assert counters(people, creator) == (1, 0)


def test_nobody_follows_themselves(api: Api, fan: Person) -> None:
    refused = follow(api, fan, fan)

    assert (refused.status, refused.code) == (422, "self_follow")


@pytest.mark.parametrize("blocker", ["the follower", "the followed"])
def test_nobody_follows_across_a_block(
    api: Api, people: People, fan: Person, creator: Person, blocker: str
) -> None:
    pair = (fan, creator) if blocker == "the follower" else (creator, fan)
    people.block(*pair)

    refused = follow(api, fan, creator)

    assert (refused.status, refused.code) == (403, "blocked")
    assert counters(people, creator) == (0, 0)


def test_somebody_who_is_not_there_cannot_be_followed(api: Api, fan: Person) -> None:
    refused = api.post(f"/api/follow/{uuid4()}", fan.token)

    assert (refused.status, refused.code) == (404, "not_found")


def test_a_suspended_user_cannot_be_followed(
    api: Api, people: People, fan: Person, creator: Person
) -> None:
    people.suspend(creator)

    refused = follow(api, fan, creator)

    assert (refused.status, refused.code) == (404, "not_found")


def test_two_who_follow_each_other_at_once_both_succeed(
    api: Api, people: People, fan: Person, creator: Person, supabase: httpx.Client
) -> None:
    """Each changes both profiles: without one order of locks they would deadlock."""
    statuses: list[int] = []

    def send(person: Person, other: Person) -> None:
        answer = supabase.post(
            "/rest/v1/follows",
            json={"followee_id": str(other.id)},
            headers={"Authorization": f"Bearer {person.token}"},
        )
        statuses.append(answer.status_code)

    pairs = [(fan, creator), (creator, fan)]
    threads = [threading.Thread(target=send, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert statuses == [201, 201]
    assert counters(people, fan) == counters(people, creator) == (1, 1)


def test_nobody_follows_in_another_name_over_rest(
    people: People, fan: Person, creator: Person, supabase: httpx.Client
) -> None:
    answer = supabase.post(
        "/rest/v1/follows",
        json={"follower_id": str(creator.id), "followee_id": str(fan.id)},
        headers={"Authorization": f"Bearer {people.fan().token}"},
    )

    assert answer.status_code == 403
    assert counters(people, fan) == (0, 0)


def test_a_follow_that_meets_a_block_leaves_no_edge_across_it(
    people: People, owner: Owner, fan: Person, creator: Person, supabase: httpx.Client
) -> None:
    """Whoever comes second waits for the first: there is never both."""

    def send(table: str, person: Person, body: dict[str, str]) -> None:
        supabase.post(
            f"/rest/v1/{table}", json=body, headers={"Authorization": f"Bearer {person.token}"}
        )

    for _ in range(5):
        threads = [
            threading.Thread(target=send, args=("follows", fan, {"followee_id": str(creator.id)})),
            threading.Thread(
                target=send, args=("blocked_users", creator, {"blocked_id": str(fan.id)})
            ),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        edges = owner.execute(
            "select count(*) from public.follows where follower_id = %s", [fan.id]
        ).fetchone()
        assert edges == (0,)
        assert counters(people, creator) == (0, 0)
        owner.execute("delete from public.blocked_users where blocker_id = %s", [creator.id])
