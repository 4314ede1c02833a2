"""POST /api/user/update-username."""

import itertools
import threading

import httpx
import pytest

from tests.integration.api import Answer, Api
from tests.integration.clock import Clock
from tests.integration.people import People, Person

_numbers = itertools.count(1)


def fresh(stem: str = "other") -> str:
    return f"{stem}_{next(_numbers)}"


def change(api: Api, person: Person, username: str) -> Answer:
    return api.post("/api/user/update-username", person.token, {"username": username})


def shown(api: Api, person: Person) -> str:
    return str(api.get("/api/user/profile", person.token).json["user"]["username"])


def test_a_new_user_name_is_taken_and_told(api: Api, fan: Person) -> None:
    username = fresh()

    answer = change(api, fan, username)

    assert answer.status == 200
    assert answer.json.pop("lastChangedAt").endswith("Z")
    assert {name: answer.json[name] for name in answer.json if name != "lastChangedAt"} == {
        "canChange": True,
        "changesRemaining": 1,
        "daysRemaining": 0,
        "currentUsername": username,
    }
    assert shown(api, fan) == username


def test_a_user_name_is_stored_in_lower_case(api: Api, fan: Person) -> None:
    username = fresh("Mixed")

    assert change(api, fan, f" {username} ").status == 200

    assert shown(api, fan) == username.lower()


@pytest.mark.parametrize("username", ["ab", "1st", "a__b", "end_", "a space", "a" * 21, "é_live"])
def test_a_malformed_user_name_is_refused(api: Api, fan: Person, username: str) -> None:
    refused = change(api, fan, username)

    assert (refused.status, refused.code) == (422, "username_invalid")
    assert shown(api, fan) == fan.username


def test_a_reserved_user_name_is_refused(api: Api, fan: Person) -> None:
    refused = change(api, fan, "Admin")

    assert (refused.status, refused.code) == (422, "username_reserved")


def test_a_taken_user_name_is_refused_in_any_case(api: Api, people: People, fan: Person) -> None:
    other = people.fan()

    refused = change(api, fan, other.username.upper())

    assert (refused.status, refused.code) == (409, "username_taken")
    assert shown(api, fan) == fan.username


def test_the_present_user_name_is_no_change(api: Api, fan: Person) -> None:
    refused = change(api, fan, fan.username.upper())

    assert (refused.status, refused.code) == (409, "username_unchanged")


def test_the_third_change_in_thirty_days_is_refused_with_the_days_to_wait(
    api: Api, fan: Person, clock: Clock
) -> None:
    change(api, fan, fresh())
    clock.advance(days=10)
    second = fresh()
    change(api, fan, second)
    clock.advance(days=5)

    refused = change(api, fan, fresh())

    assert (refused.status, refused.code) == (409, "username_cooldown")
    assert refused.json["daysRemaining"] == 15
    assert shown(api, fan) == second


def test_thirty_days_after_the_first_change_there_is_one_again(
    api: Api, fan: Person, clock: Clock
) -> None:
    change(api, fan, fresh())
    clock.advance(days=10)
    change(api, fan, fresh())

    clock.advance(days=19, hours=23, minutes=50)
    assert change(api, fan, fresh()).code == "username_cooldown"
    clock.advance(minutes=11)
    again = change(api, fan, fresh())

    assert again.status == 200
    assert again.json["changesRemaining"] == 0


def test_a_refused_change_uses_none_up(api: Api, people: People, fan: Person) -> None:
    change(api, fan, people.fan().username)

    assert api.get("/api/user/update-username", fan.token).json["changesRemaining"] == 2


def test_of_two_who_want_one_name_at_once_one_gets_it(
    people: People, supabase: httpx.Client
) -> None:
    wanted = fresh("wanted")
    statuses: list[int] = []

    def send(person: Person) -> None:
        answer = supabase.post(
            "/rest/v1/rpc/change_username",
            json={"candidate": wanted},
            headers={"Authorization": f"Bearer {person.token}"},
        )
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=send, args=(people.fan(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(status == 200 for status in statuses) == [False, False, False, True]


def test_parallel_changes_of_one_user_do_not_slip_past_the_limit(
    api: Api, fan: Person, supabase: httpx.Client
) -> None:
    def send(username: str) -> None:
        supabase.post(
            "/rest/v1/rpc/change_username",
            json={"candidate": username},
            headers={"Authorization": f"Bearer {fan.token}"},
        )

    threads = [threading.Thread(target=send, args=(fresh(),)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert api.get("/api/user/update-username", fan.token).json["changesRemaining"] == 0


def test_the_name_left_behind_can_be_taken(api: Api, people: People, fan: Person) -> None:
    change(api, fan, fresh())

    assert change(api, people.fan(), fan.username).status == 200
