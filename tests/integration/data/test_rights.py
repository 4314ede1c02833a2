"""What a client sees over REST, through the gateway and with a real token.

Who may do what is written down in tests/database/rights.py, and walked whole by
tests/database/test_row_level_security.py.
"""

from uuid import UUID

import httpx
import pytest

from local.services.backing import Backing
from tests.integration.api import Api
from tests.integration.ledger import GIFTS
from tests.integration.moments import in_days
from tests.integration.people import Fund, OpenStream, People, Person


@pytest.fixture
def busy(
    api: Api, people: People, fan: Person, stream: str, open_stream: OpenStream, fund: Fund
) -> dict[str, str]:
    """A fan with a row in every table that users read; answers which column says whose it is."""
    fund(fan, 10)
    rose = {"giftId": GIFTS["Rose"], "quantity": 1}
    assert api.pay(f"/api/streams/{stream}/gift", fan.token, rose).status == 201
    assert api.pay(f"/api/streams/{stream}/tip", fan.token, {"amount": 1}).status == 201
    later = open_stream(scheduledFor=in_days(1), privacy="ticketed", ticketPrice=70)
    people.sell_ticket(later, fan)
    form = {"displayName": "N", "bio": "b", "whyCreator": "w", "contentType": "c"}
    assert api.post("/api/creator/apply", fan.token, form).status == 201
    return {
        "users": "id", "creator_applications": "user_id", "wallets": "user_id",
        "balances": "user_id", "stream_tickets": "user_id", "stream_gifts": "sender_id",
        "stream_tips": "sender_id",
    }  # fmt: skip


def rows_seen(supabase: httpx.Client, table: str, token: str) -> list[dict[str, object]]:
    answer = supabase.get(f"/rest/v1/{table}", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    seen: list[dict[str, object]] = answer.json()
    return seen


def test_a_user_sees_their_own_rows_and_nobody_elses(
    supabase: httpx.Client, busy: dict[str, str], fan: Person, creator: Person, admin: Person
) -> None:
    for table, column in busy.items():
        owners = {str(row[column]) for row in rows_seen(supabase, table, fan.token)}
        assert owners == {str(fan.id)}, table
        for other in (creator, admin):
            theirs = {str(row[column]) for row in rows_seen(supabase, table, other.token)}
            assert theirs <= {str(other.id)}, table


def test_a_suspended_user_sees_that_they_are_and_no_more(
    supabase: httpx.Client, people: People, busy: dict[str, str], fan: Person
) -> None:
    people.suspend(fan)

    seen = {table: len(rows_seen(supabase, table, fan.token)) for table in busy}

    assert seen == dict.fromkeys(busy, 0) | {"users": 1}
    assert rows_seen(supabase, "users", fan.token)[0]["status"] == "suspended"


def test_profiles_are_public_and_hold_no_address(
    supabase: httpx.Client, backing: Backing, fan: Person
) -> None:
    answer = supabase.get(f"/rest/v1/profiles?user_id=eq.{fan.id}")

    (profile,) = answer.json()
    assert UUID(profile["user_id"]) == fan.id
    assert fan.email not in answer.text
    assert not profile.keys() & {"email", "role", "status", "suspension_reason"}


def test_nobody_reads_accounts_without_a_token(supabase: httpx.Client) -> None:
    for table in ("users", "creator_applications", "wallets", "stream_gifts", "streams", "outbox"):
        assert supabase.get(f"/rest/v1/{table}").status_code == 401, table
