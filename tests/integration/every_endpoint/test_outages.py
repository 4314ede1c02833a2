"""Every endpoint when what it depends on is gone: 503, never zeros."""

from typing import Literal

import pytest

from limelight.http import Who, accounts
from limelight.http.accounts import Account
from limelight.schema import UserId
from local.facts.endpoints import HttpFunction
from local.services.backing import Backing
from tests.integration.api import Answer, Api
from tests.integration.every_endpoint.asking import (
    ALL,
    ON_REST,
    ON_SQL,
    PROBLEM_MEMBERS,
    WITHOUT_TOKEN,
    ask,
    every,
)
from tests.integration.people import Person
from tests.integration.sandbox import outage
from tests.integration.tokens import Tokens


def must_be_an_outage(answer: Answer) -> None:
    assert (answer.status, answer.code) == (503, "upstream_unavailable"), answer.text
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json.keys() == PROBLEM_MEMBERS


@every(ALL)
def test_when_all_is_gone_everybody_is_told_to_come_back(
    api: Api, backing: Backing, tokens: Tokens, admin: Person, function: HttpFunction
) -> None:
    token = None if function in WITHOUT_TOKEN else admin.token
    with outage(backing, database=True, supabase=True, keys=True):
        answer = ask(api, function, token)

    must_be_an_outage(answer)


@every(ON_SQL)
@pytest.mark.parametrize("known", [False, True], ids=["account unknown", "account known"])
def test_when_the_database_is_gone_nobody_is_shown_zeros(
    api: Api, backing: Backing, admin: Person, function: HttpFunction, *, known: bool
) -> None:
    with outage(backing, database=True, supabase=False, keys=False):
        if known:
            accounts.cache.put(Account(UserId(admin.id), "admin", "active"))

        answer = ask(api, function, admin.token)

    must_be_an_outage(answer)


def least_role(function: HttpFunction) -> Literal["fan", "creator", "admin"]:
    """The role that the endpoint asks for, and no more."""
    if function.router.who is Who.ADMIN:
        return "admin"
    return "creator" if function.router.who is Who.CREATOR else "fan"


@every(ON_REST)
@pytest.mark.parametrize("known", [False, True], ids=["account unknown", "account known"])
def test_when_supabase_is_gone_nobody_is_shown_an_empty_answer(
    api: Api, backing: Backing, admin: Person, function: HttpFunction, *, known: bool
) -> None:
    with outage(backing, database=False, supabase=True, keys=False):
        if known:
            account = Account(UserId(admin.id), least_role(function), "active")
            accounts.cache.put(account)

        answer = ask(api, function, admin.token)

    must_be_an_outage(answer)


@every(ON_SQL)
def test_when_the_secret_store_is_gone_the_database_is_too(
    api: Api, admin: Person, backing: Backing, function: HttpFunction
) -> None:
    with (
        outage(backing, database=True, supabase=False, keys=False),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("DATABASE_SECRET_ID", "limelight/no-such-secret")

        answer = ask(api, function, admin.token)

    must_be_an_outage(answer)
