"""What clients see of calls past the API: their own, and nothing that they could write to."""

from typing import Any

import httpx
import pytest

from tests.integration.ledger import nothing_moves
from tests.integration.people import Owner, People, Person
from tests.integration.telephone import Telephone

TABLE = "/rest/v1/calls"


def as_(person: Person) -> dict[str, str]:
    return {"Authorization": f"Bearer {person.token}"}


def seen(supabase: httpx.Client, person: Person) -> list[dict[str, Any]]:
    answer = supabase.get(TABLE, headers=as_(person))
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()
    return rows


def test_a_party_reads_the_call_and_what_it_brought(
    supabase: httpx.Client, line: Telephone
) -> None:
    call = line.active()
    line.act(call, "end", line.fan)

    for who in (line.fan, line.creator):
        (row,) = seen(supabase, who)
        assert (row["id"], row["status"], row["charged"]) == (call, "completed", 50)


def test_nobody_else_reads_it(
    supabase: httpx.Client, people: People, admin: Person, line: Telephone
) -> None:
    line.pending()

    assert [seen(supabase, who) for who in (people.fan(), people.creator(), admin)] == [[]] * 3
    assert supabase.get(TABLE).status_code == 401


def test_a_suspended_party_reads_nothing(
    supabase: httpx.Client, people: People, line: Telephone
) -> None:
    line.pending()
    people.suspend(line.fan)

    assert seen(supabase, line.fan) == []


@pytest.mark.parametrize("side", ["fan", "creator"])
def test_a_party_writes_nothing(
    supabase: httpx.Client, owner: Owner, line: Telephone, side: str
) -> None:
    call = line.active()
    headers = as_(getattr(line, side))
    body = {"fan_id": str(line.fan.id), "creator_id": str(line.creator.id)}

    with nothing_moves(owner):
        refusals = [
            supabase.post(TABLE, headers=headers, json=body),
            supabase.patch(f"{TABLE}?id=eq.{call}", headers=headers, json={"charged": 0}),
            supabase.delete(f"{TABLE}?id=eq.{call}", headers=headers),
        ]

    assert [one.status_code for one in refusals] == [403] * 3
