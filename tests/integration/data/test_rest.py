"""The REST door: no caller's token can outlive their request."""

import threading
from collections.abc import Callable, Iterator

import httpx
import pytest

from limelight.data import admin, auth, rest, user
from limelight.data.errors import DataError, DataUnavailable
from local.services.backing import Backing
from tests.integration.people import People, Person
from tests.integration.sandbox import forget_data
from tests.unit.servers import Served, serving

type Answer = Callable[[], tuple[int, bytes] | None]

ROUNDS = 25


def own_ids(token: str | None) -> list[str]:
    """The accounts that the owner of a token may read: their own."""
    rows = user.fetch_all("tests.own", user.door(token).table("users").select("id"))
    return [row["id"] for row in rows]


# Identities


def test_callers_in_turn_each_see_only_themselves(
    backing: Backing, fan: Person, creator: Person
) -> None:
    seen = [own_ids(person.token) for person in (fan, creator) * 5]

    assert seen == [[str(fan.id)], [str(creator.id)]] * 5


def test_callers_at_once_each_see_only_themselves(backing: Backing, people: People) -> None:
    everyone = [people.fan() for _ in range(4)]
    seen: dict[Person, set[str]] = {person: set() for person in everyone}

    def look(person: Person) -> None:
        for _ in range(ROUNDS):
            seen[person].update(own_ids(person.token))

    threads = [threading.Thread(target=look, args=(person,)) for person in everyone]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert seen == {person: {str(person.id)} for person in everyone}


def test_callers_who_are_first_at_once_share_one_client(
    backing: Backing, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest.close()
    made: list[float] = []
    make = httpx.Client

    def slowly(*, timeout: float, limits: httpx.Limits) -> httpx.Client:
        made.append(timeout)
        never.wait(0.2)  # the others come by meanwhile
        return make(timeout=timeout, limits=limits)

    never = threading.Event()
    monkeypatch.setattr(httpx, "Client", slowly)
    threads = [threading.Thread(target=rest._http, args=(5.0,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert made == [5.0]


def test_a_door_that_is_still_open_does_not_lend_its_token(
    backing: Backing, fan: Person, creator: Person
) -> None:
    first = user.door(fan.token)
    second = user.door(creator.token)
    second.table("users").select("id").execute()

    rows = user.fetch_all("tests.own", first.table("users").select("id"))

    assert [row["id"] for row in rows] == [str(fan.id)]


def test_whoever_comes_without_a_token_is_nobody(backing: Backing, fan: Person) -> None:
    assert own_ids(fan.token) == [str(fan.id)]

    with pytest.raises(DataError) as caught:
        own_ids(None)

    assert caught.value.code == "42501"


def test_doors_share_connections_and_no_headers(
    backing: Backing, fan: Person, creator: Person
) -> None:
    first, second = user.door(fan.token), user.door(creator.token)

    assert first.headers is not second.headers
    assert first.http is second.http
    shared = {name.lower() for name in first.http.headers}
    assert not shared & {"authorization", "apikey", "cookie"}


def test_a_session_made_by_auth_is_kept_nowhere(
    backing: Backing, people: People, fan: Person
) -> None:
    with auth.client(user.door(None)) as client:
        made = client.sign_in_with_password(
            {"email": fan.email, "password": "correct horse battery"}
        )

    assert made.session is not None
    with pytest.raises(DataError) as caught:
        own_ids(None)
    assert caught.value.code == "42501"


def test_the_secret_key_is_never_used_for_a_caller(backing: Backing, fan: Person) -> None:
    everybody = admin.fetch_all("tests.all", admin.door().table("users").select("id").limit(5))

    assert len(everybody) > 1
    assert own_ids(fan.token) == [str(fan.id)]


# Failures


@pytest.fixture
def upstream(backing: Backing, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A Supabase that answers what the test says."""
    with serving(lambda: (200, b"[]")) as served:
        monkeypatch.setenv("SUPABASE_URL", served.url)
        monkeypatch.setenv("REST_TIMEOUT_SECONDS", "0.15")
        forget_data()
        yield served
        forget_data()
    monkeypatch.undo()
    forget_data()


@pytest.mark.parametrize(
    "answer",
    [
        (503, b'{"code":"PGRST001","message":"no connection","details":null,"hint":null}'),
        (503, b'{"code":"PGRST002","message":"no schema cache","details":null,"hint":null}'),
        (504, b'{"code":"PGRST003","message":"timed out","details":null,"hint":null}'),
        (500, b'{"code":"57P01","message":"terminating","details":null,"hint":null}'),
        (503, b'{"code":"08006","message":"failure","details":null,"hint":null}'),
        (503, b'{"code":"53300","message":"too many","details":null,"hint":null}'),
        (502, b"<html>Bad gateway</html>"),
        (503, b""),
        (504, b"upstream timed out"),
        None,
    ],
    ids=repr,
)
def test_an_outage_is_asked_about_once(upstream: Served, answer: tuple[int, bytes] | None) -> None:
    upstream.answer = lambda: answer

    with pytest.raises(DataUnavailable):
        own_ids("a token")

    assert len(upstream.asked) == 1


def test_a_supabase_that_hangs_is_given_up_on(upstream: Served) -> None:
    hanging = threading.Event()

    def hang() -> tuple[int, bytes]:
        hanging.wait(5)
        return 200, b"[]"

    upstream.answer = hang

    with pytest.raises(DataUnavailable):
        own_ids("a token")
    hanging.set()

    assert len(upstream.asked) == 1


@pytest.mark.parametrize(
    ("status", "code"), [(400, "22P02"), (401, "PGRST301"), (403, "42501"), (409, "23505")]
)
def test_a_refusal_keeps_its_code(upstream: Served, status: int, code: str) -> None:
    body = f'{{"code":"{code}","message":"m","details":"d","hint":null}}'.encode()
    upstream.answer = lambda: (status, body)

    with pytest.raises(DataError) as caught:
        own_ids("a token")

    assert (caught.value.code, caught.value.message, caught.value.detail) == (code, "m", "d")
    assert str(caught.value) == code


def test_a_request_goes_out_with_the_callers_token_and_the_projects_key(
    upstream: Served, backing: Backing
) -> None:
    own_ids("a token")

    (asked,) = upstream.asked
    headers = {name.lower(): value for name, value in asked.headers.items()}
    assert headers["authorization"] == "Bearer a token"
    assert headers["apikey"] == backing.publishable_key


def test_after_closing_the_next_request_opens_new_connections(
    backing: Backing, fan: Person
) -> None:
    own_ids(fan.token)
    rest.close()

    assert own_ids(fan.token) == [str(fan.id)]
