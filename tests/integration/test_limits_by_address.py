"""The limits of the endpoints that anybody may call: each source address's own."""

import re
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any
from uuid import uuid4

import httpx
import pytest

from limelight.limits import addresses
from local.services.backing import Backing
from tests.integration.api import UNSET, Answer, Api
from tests.integration.clock import Clock
from tests.integration.limits import told
from tests.integration.people import PASSWORD, Owner, Person
from tests.integration.sandbox import outage

pytestmark = pytest.mark.usefixtures("real_limits")

MINUTE = 60
HOME, ELSEWHERE = "198.51.100.1", "198.51.100.2"

type Ask = Callable[..., Answer]
type SecretIs = Callable[[dict[str, str] | None], None]


@pytest.fixture
def sign_up(api: Api) -> Ask:
    def ask(address: str = HOME, token: str | None = None, **headers: str) -> Answer:
        name = f"n{uuid4().hex[:12]}"
        body = {"email": f"{name}@example.com", "password": PASSWORD, "username": name}
        return api.call(
            "POST", "/api/auth/signup", token=token, body=body, headers=headers, address=address
        )

    return ask


@pytest.fixture
def check(api: Api) -> Ask:
    def ask(address: str = HOME, **headers: str) -> Answer:
        return api.call(
            "GET",
            "/api/auth/check-username",
            headers=headers,
            query={"username": "nova"},
            address=address,
        )

    return ask


@pytest.fixture
def secret_is(backing: Backing, monkeypatch: pytest.MonkeyPatch) -> Iterator[SecretIs]:
    """Puts another secret into the store, or none, for a new sandbox to find."""

    def change(secret: dict[str, str] | None) -> None:
        name = f"limelight/{backing.stage}/limits"
        monkeypatch.delitem(backing.secret_values, name)
        if secret is not None:
            monkeypatch.setitem(backing.secret_values, name, secret)
        addresses.forget()

    yield change
    addresses.forget()


def accounts(owner: Owner) -> int:
    row = owner.execute("select count(*) from auth.users").fetchone()
    assert row is not None
    return int(row[0])


# What is let through


def test_the_fourth_sign_up_from_an_address_within_a_minute_is_refused(
    owner: Owner, sign_up: Ask
) -> None:
    made = [sign_up() for _ in range(3)]
    before = accounts(owner)

    refused = sign_up()

    assert [one.status for one in made] == [201] * 3
    assert [told(one).remaining for one in made] == [2, 1, 0]
    assert (refused.status, refused.code) == (429, "rate_limited")
    assert told(refused).policies == {"sign_up-60s": (3, MINUTE)}
    assert accounts(owner) == before


def test_twenty_names_can_be_tried_from_an_address_within_a_minute(check: Ask) -> None:
    answers = [check() for _ in range(21)]

    assert [one.status for one in answers] == [200] * 20 + [429]
    assert told(answers[-1]).policies == {"username_check-60s": (20, MINUTE)}


def test_an_address_that_waits_as_long_as_told_is_let_through(sign_up: Ask, clock: Clock) -> None:
    for _ in range(3):
        sign_up()
    wait = told(sign_up()).seconds

    clock.advance(seconds=wait)

    assert sign_up().status == 201


def test_the_check_inside_a_sign_up_is_not_counted_as_one(sign_up: Ask, check: Ask) -> None:
    for _ in range(3):
        sign_up()

    assert told(check()).remaining == 19


# Whose request it is


def test_nobody_pays_for_the_haste_of_another_address(sign_up: Ask) -> None:
    for _ in range(4):
        sign_up(HOME)

    assert sign_up(ELSEWHERE).status == 201


@pytest.mark.parametrize(
    "header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "True-Client-IP", "CF-Connecting-IP"]
)
def test_no_header_makes_another_address_of_a_caller(check: Ask, header: str) -> None:
    standings = [told(check(**{header: f"192.0.2.{number}"})).remaining for number in range(3)]

    assert standings == [19, 18, 17]


def test_a_token_makes_no_new_address_of_a_caller(sign_up: Ask, fan: Person) -> None:
    standings = [told(sign_up(token=token)).remaining for token in (None, fan.token, None)]

    assert standings == [2, 1, 0]


def test_the_addresses_of_one_ipv6_network_are_one(check: Ask) -> None:
    network = [
        "2001:db8:1:2::1", "2001:0db8:0001:0002:ffff:ffff:ffff:ffff", "2001:DB8:1:2:3::",
    ]  # fmt: skip

    assert [told(check(one)).remaining for one in network] == [19, 18, 17]
    assert told(check("2001:db8:1:3::1")).remaining == 19


# When it cannot be counted


@pytest.mark.parametrize("secret", [None, {}, {"key": ""}, {"key": "guessed"}], ids=str)
def test_without_the_right_secret_nobody_gets_in_uncounted(
    owner: Owner, sign_up: Ask, check: Ask, secret_is: SecretIs, secret: dict[str, str] | None
) -> None:
    before = accounts(owner)
    secret_is(secret)

    answers = [sign_up(), check()]

    assert [(one.status, one.code) for one in answers] == [(503, "upstream_unavailable")] * 2
    assert all(int(one.headers["retry-after"]) >= 1 for one in answers)
    assert accounts(owner) == before


def test_a_rotated_secret_is_good_while_the_database_knows_both(
    owner: Owner, check: Ask, secret_is: SecretIs
) -> None:
    owner.execute("insert into private.rate_proofs (digest) values (sha256('the next'))")
    assert told(check()).remaining == 19

    secret_is({"key": "the next"})

    assert told(check()).remaining == 19  # under another key the address has another hash
    owner.execute("delete from private.rate_proofs where digest = sha256('the next')")


def test_a_sandbox_that_runs_on_takes_up_a_rotated_secret(
    backing: Backing, check: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(addresses, "SECRET_LIFETIME_SECONDS", 1e-6)
    assert check().status == 200

    name = f"limelight/{backing.stage}/limits"
    monkeypatch.setitem(backing.secret_values, name, {"key": "guessed"})

    assert check().status == 503


def test_without_supabase_it_is_an_outage_like_any_other(backing: Backing, check: Ask) -> None:
    with outage(backing, database=False, supabase=True, keys=False):
        answer = check()

    assert (answer.status, answer.code) == (503, "upstream_unavailable")


# Past the API


def count_directly(
    supabase: httpx.Client, token: str | None = None, **arguments: Any
) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    question = {"rule": "sign_up", "address": "victim", "proof": "guessed"} | arguments
    body = {name: value for name, value in question.items() if value is not UNSET}
    return supabase.post("/rest/v1/rpc/take_address_rate", json=body, headers=headers)


@pytest.mark.parametrize(
    "proof", ["guessed", "", None, UNSET], ids=["guessed", "empty", "null", "absent"]
)
def test_nobody_uses_up_an_addresss_quota_without_the_proof(
    owner: Owner, supabase: httpx.Client, proof: object
) -> None:
    refused = count_directly(supabase, proof=proof)

    assert refused.status_code in (400, 403, 404)
    assert owner.execute("select count(*) from private.rate_usage").fetchone() == (0,)


def test_what_the_database_keeps_of_the_secret_is_no_proof(
    backing: Backing, supabase: httpx.Client
) -> None:
    key = backing.secret_values[f"limelight/{backing.stage}/limits"]["key"]

    for digest in (sha256(key.encode()).hexdigest(), f"\\x{sha256(key.encode()).hexdigest()}"):
        assert count_directly(supabase, proof=digest).status_code >= 400
    assert count_directly(supabase, proof=key).status_code == 200


def test_a_user_may_not_ask_even_with_the_proof(
    backing: Backing, supabase: httpx.Client, fan: Person
) -> None:
    key = backing.secret_values[f"limelight/{backing.stage}/limits"]["key"]

    assert count_directly(supabase, fan.token, proof=key).status_code == 403


def test_even_with_the_proof_no_user_is_counted(
    owner: Owner, backing: Backing, supabase: httpx.Client, fan: Person
) -> None:
    key = backing.secret_values[f"limelight/{backing.stage}/limits"]["key"]

    count_directly(supabase, rule="gift", address=str(fan.id), proof=key).raise_for_status()

    subjects = owner.execute("select subject from private.rate_usage").fetchall()
    assert subjects == [(f"address {fan.id}",)]


@pytest.mark.parametrize("path", ["rpc/take_rate", "rpc/purge_rate_usage", "rate_usage"])
def test_the_rest_is_out_of_reach(supabase: httpx.Client, path: str) -> None:
    answer = supabase.post(f"/rest/v1/{path}", json={"rule": "gift", "subject": "victim"})

    assert answer.status_code == 404


# What is kept of an address


def test_an_address_is_kept_as_a_keyed_hash_and_nothing_else(
    owner: Owner, backing: Backing, check: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    for address in (HOME, "2001:db8:1:2::1"):
        check(address)

    subjects = [row[0] for row in owner.execute("select subject from private.rate_usage")]
    assert len(set(subjects)) == 2
    assert all(re.fullmatch(r"address [0-9a-f]{64}", one) for one in subjects)
    known = {sha256(one.encode()).hexdigest() for one in (HOME, "2001:db8:1:2::/64")}
    assert not known & {one.removeprefix("address ") for one in subjects}
    written = "".join(capsys.readouterr())
    assert HOME not in written
    assert "2001:db8" not in written
