"""Whom the platform shut out: nobody comes to them, and they come to nobody.

For whoever else calls, at once; for their own requests at once where the database is asked, and
everywhere within a minute. What they had open is closed by `jobs/test_enforce_suspensions.py`.
"""

import time
from typing import Final, Literal

import httpx
import pytest

from limelight.http import Pattern, Who, accounts
from limelight.http.accounts import Account
from limelight.platform.settings import kernel_settings
from limelight.schema import UserId
from local.facts.endpoints import HttpFunction, http_functions
from tests.integration.admin.desk import act
from tests.integration.api import Answer, Api
from tests.integration.every_endpoint.asking import ask as ask_well
from tests.integration.ledger import nothing_moves
from tests.integration.moments import in_days
from tests.integration.people import Fund, OpenStream, Owner, People, Person
from tests.integration.shows.acts import announce, start
from tests.integration.standing import trials
from tests.integration.standing.table import EMPTY, KERNEL, Concern, at_once, tried
from tests.integration.standing.trials import LET_IN, Stage, Trial, said

AT_ONCE: Final = at_once()
IN_THE_DATABASE: Final = [one for one in http_functions() if AT_ONCE[one.name] != KERNEL]


def shut_out(api: Api, admin: Person, person: Person, how: str) -> None:
    """As the admin desk does it."""
    body = {"action": "suspend", "reason": "Spam"} if how == "suspend" else {}
    answer = act(api, admin, person, how, **body)
    assert answer.status == 200, answer.text


# The other


@pytest.mark.parametrize("concern", tried())
def test_who_comes_to_somebody_suspended_gets_what_the_table_says(
    stage: Stage, admin: Person, concern: Concern
) -> None:
    assert concern.trial is not None
    ask = concern.trial(stage)
    shut_out(stage.api, admin, stage.other, "suspend")

    assert ask() == concern.suspended


@pytest.mark.parametrize("concern", tried(lambda one: one.suspended != LET_IN))
def test_who_comes_to_somebody_deleted_is_refused_the_same(
    stage: Stage, admin: Person, concern: Concern
) -> None:
    assert concern.trial is not None
    ask = concern.trial(stage)
    shut_out(stage.api, admin, stage.other, "delete")

    assert ask() == concern.suspended


# The caller


def trusted(function: HttpFunction, person: Person) -> None:
    """The sandbox has just read the account, and has not heard of its suspension."""
    roles: dict[Who, Literal["creator", "admin"]] = {Who.CREATOR: "creator", Who.ADMIN: "admin"}
    accounts.cache.put(Account(UserId(person.id), roles.get(function.router.who, "fan"), "active"))


def verdict(answer: Answer) -> str:
    """As the table has it: a value that came without anything in it shows nothing."""
    if answer.status < 400 and not any(answer.json.values()):
        return EMPTY
    return said(answer)


@pytest.fixture(scope="module")
def outcast(people: People) -> Person:
    """A creator who was suspended a moment ago."""
    person = people.creator("outcast")
    people.suspend(person)
    return person


@pytest.mark.parametrize("function", IN_THE_DATABASE, ids=lambda one: str(one.name))
def test_the_database_refuses_a_suspended_caller_whom_the_kernel_still_trusts(
    api: Api, owner: Owner, outcast: Person, function: HttpFunction
) -> None:
    trusted(function, outcast)

    with nothing_moves(owner):
        answer = ask_well(api, function, outcast.token)

    assert verdict(answer) == AT_ONCE[function.name]


def test_every_route_that_costs_or_earns_coins_asks_the_database() -> None:
    paid = {one.name for one in http_functions() if one.router.pattern is Pattern.MONEY}

    # Stripe tells of what was paid already.
    assert {name for name in paid if AT_ONCE[name] == KERNEL} == {"checkout/webhook"}


def test_a_suspended_caller_pays_nothing_again_under_a_key_that_they_have_used(
    api: Api, people: People, fan: Person, stream: str, fund: Fund, new_key: str
) -> None:
    fund(fan, 20)
    path, body = f"/api/streams/{stream}/tip", {"amount": 10}
    assert api.pay(path, fan.token, body, new_key).status == 201
    account = Account(UserId(fan.id), "fan", "active")
    people.suspend(fan)
    accounts.cache.put(account)

    assert api.pay(path, fan.token, body, new_key).code == "account_suspended"


def test_a_creator_who_was_just_suspended_starts_no_stream(
    api: Api, people: People, creator: Person, open_stream: OpenStream
) -> None:
    stream = open_stream(scheduledFor=in_days(1))
    people.suspend(creator)
    accounts.cache.put(Account(UserId(creator.id), "creator", "active"))

    assert api.post(f"/api/streams/{stream}/start", creator.token).code == "account_suspended"


def test_a_creator_who_was_just_suspended_starts_no_show(
    api: Api, people: People, creator: Person
) -> None:
    show = announce(api, creator)
    people.suspend(creator)
    accounts.cache.put(Account(UserId(creator.id), "creator", "active"))

    assert start(api, show, creator).code == "account_suspended"


@pytest.mark.parametrize("trial", [trials.accept_call, trials.start_call, trials.enter_call])
def test_a_call_does_not_go_on_for_a_party_who_was_just_suspended(
    stage: Stage, trial: Trial
) -> None:
    ask = trial(stage)
    stage.people.suspend(stage.caller)
    accounts.cache.put(Account(UserId(stage.caller.id), "creator", "active"))

    assert ask() == "account_suspended"


class Sundial:
    """The kernel's own clock, in a test's hands."""

    def __init__(self) -> None:
        self.seconds = time.monotonic()

    def __call__(self) -> float:
        return self.seconds


def test_a_suspension_bites_everywhere_within_a_minute(
    api: Api, owner: Owner, fan: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    sundial = Sundial()
    monkeypatch.setattr(accounts.cache, "_clock", sundial)
    accounts.cache.clear()
    assert api.get("/api/wallet/balance", fan.token).status == 200
    owner.execute(
        "update public.users set status = 'suspended', suspended_at = now() where id = %s",
        (fan.id,),
    )
    trusts = kernel_settings().account_cache_seconds

    sundial.seconds += trusts - 1
    before = api.get("/api/wallet/balance", fan.token)
    sundial.seconds += 1
    after = api.get("/api/wallet/balance", fan.token)

    assert trusts <= 60
    assert (before.status, after.status) == (200, 403)
    assert after.code == "account_suspended"
    accounts.cache.clear()


def test_over_rest_a_suspension_bites_at_once(
    people: People, fan: Person, creator: Person, supabase: httpx.Client
) -> None:
    headers = {"Authorization": f"Bearer {fan.token}"}
    people.suspend(fan)

    followed = supabase.post(
        "/rest/v1/follows", json={"followee_id": str(creator.id)}, headers=headers
    )
    wallets = supabase.get("/rest/v1/wallets", headers=headers)

    assert followed.status_code == 403
    assert wallets.json() == []
