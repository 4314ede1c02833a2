"""What creators and fans do with shows."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from tests.integration.api import UNSET, Answer, Api, Post
from tests.integration.moments import in_days
from tests.integration.people import Owner, Person

type Announce = Callable[..., str]
"""Announces a show of the creator with the fields given and answers its id."""


def announce(api: Api, creator: Person, **fields: object) -> str:
    """The id of a new show: tomorrow, 30 coins, unless the fields say otherwise."""
    body = {
        "title": "Piano by candlelight",
        "showType": "performance",
        "ticketPrice": 30,
        "scheduledStart": in_days(1),
    } | fields
    made = api.post("/api/shows/create", creator.token, body)
    assert made.status == 201, made.text
    return str(made.json["id"])


def buy(api: Api, show: str, person: Person, key: str | None = None) -> Answer:
    return api.pay(f"/api/shows/{show}/purchase", person.token, UNSET, key)


def ticket(api: Api, show: str, person: Person) -> dict[str, Any]:
    """The ticket that the person could buy."""
    bought = buy(api, show, person)
    assert bought.status == 201, bought.text
    sold: dict[str, Any] = bought.json["ticket"]
    return sold


def purchase(show: str, person: Person) -> Post:
    """A purchase as one of several requests that are sent at once."""
    return Post(f"/api/shows/{show}/purchase", person.token)


def start(api: Api, show: str, person: Person) -> Answer:
    return api.post(f"/api/shows/{show}/start", person.token)


def end(api: Api, show: str, person: Person, key: str | None = None) -> Answer:
    return api.pay(f"/api/shows/{show}/end", person.token, UNSET, key)


def cancel(api: Api, show: str, person: Person, key: str | None = None) -> Answer:
    headers = {"Idempotency-Key": key or str(uuid4())}
    return api.call("DELETE", f"/api/shows/{show}", token=person.token, headers=headers)


def join(api: Api, show: str, person: Person) -> Answer:
    return api.post(f"/api/shows/{show}/join", person.token)


def remind(api: Api, show: str, person: Person) -> Answer:
    return api.post(f"/api/shows/{show}/remind-me", person.token)


def detail(api: Api, show: str, person: Person | None = None) -> dict[str, Any]:
    seen = api.get(f"/api/shows/{show}", person.token if person else None)
    assert seen.status == 200, seen.text
    shown: dict[str, Any] = seen.json
    return shown


def balance_of(api: Api, person: Person) -> int:
    return int(api.get("/api/wallet/balance", person.token).json["balance"])


def escrow_of(owner: Owner, show: str) -> int:
    """What escrow holds for one show."""
    row = owner.execute(
        """
        select coalesce(sum(e.amount), 0)
        from public.entries e
        join public.transfers t on t.id = e.transfer_id
        join public.wallets w on w.id = e.wallet_id
        where w.system_account = 'show_escrow'
          and t.subject_id = %s
        """,
        (show,),
    ).fetchone()
    assert row is not None
    return int(row[0])


def events_of(owner: Owner, person: Person) -> list[tuple[str, dict[str, Any]]]:
    """What the person's own topic was told, oldest first."""
    rows = owner.execute(
        "select event, payload from public.outbox where topic = %s order by id",
        (f"user:{person.id}",),
    )
    return [(str(event), payload) for event, payload in rows]
