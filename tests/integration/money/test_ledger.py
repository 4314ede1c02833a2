"""The ledger itself: nobody rewrites it, and nobody reaches it but through its functions."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

import httpx
import psycopg
import pytest
from psycopg import sql

from local.services.backing import Backing
from tests.database.rights import DOORS
from tests.integration.api import Api
from tests.integration.ledger import GIFTS, nothing_moves
from tests.integration.people import Fund, Owner, Person

API_ROLES = ("anon", "authenticated", "service_role")
BACKEND = "limelight_backend"


@contextmanager
def as_role(owner: Owner, role: str) -> Iterator[None]:
    """The block's statements run as `role`, and none of them stays; the owner is itself."""
    with owner.transaction(force_rollback=True):
        if role == "owner":
            yield
            return
        owner.execute(sql.SQL("set local role {}").format(sql.Identifier(role)))
        yield


@pytest.fixture
def moved(api: Api, fan: Person, stream: str, fund: Fund) -> Person:
    """A fan whose ledger has entries, one of them a gift."""
    fund(fan, 10)
    rose = {"giftId": GIFTS["Rose"], "quantity": 1}
    assert api.pay(f"/api/streams/{stream}/gift", fan.token, rose).status == 201
    return fan


# History


@pytest.mark.parametrize("table", ["entries", "transfers"])
@pytest.mark.parametrize(
    "statement",
    [
        "update public.{} set created_at = now()",
        "delete from public.{}",
        "truncate public.{} cascade",
    ],
    ids=["update", "delete", "truncate"],
)
@pytest.mark.parametrize("role", ["owner", BACKEND, *API_ROLES])
def test_nobody_rewrites_history(
    owner: Owner, moved: Person, table: str, statement: str, role: str
) -> None:
    forged = sql.SQL(statement).format(sql.Identifier(table))
    refusal = (
        psycopg.errors.RestrictViolation
        if role == "owner"
        else psycopg.errors.InsufficientPrivilege
    )

    with nothing_moves(owner), pytest.raises(refusal), as_role(owner, role):
        owner.execute(forged)


# Grants: the whole list is in tests/database/rights.py


@pytest.mark.parametrize("role", [*API_ROLES, BACKEND])
@pytest.mark.parametrize(
    "statement",
    [
        "insert into public.wallets (user_id, balance) values (gen_random_uuid(), 1000)",
        "update public.wallets set balance = 1000000",
        """
        insert into public.entries (transfer_id, wallet_id, type, amount)
        values (gen_random_uuid(), 1, 'promo_credit', 1000)
        """,
        "insert into ledger.pending_credits values (1, 1, 1000)",
        "delete from ledger.idempotency_keys",
        "insert into ledger.fee_rates values ('gift', 10000)",
        "select ledger.debit(1, -1000)",
        "select ledger.fold(1)",
    ],
)
def test_coins_cannot_be_made_in_sql(
    owner: Owner, moved: Person, role: str, statement: str
) -> None:
    with (
        nothing_moves(owner),
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        as_role(owner, role),
    ):
        owner.execute(statement)


@pytest.mark.parametrize("amount", [0, 2**62])
def test_the_doors_themselves_refuse_what_the_api_would_not_send(
    owner: Owner, backing: Backing, moved: Person, amount: int
) -> None:
    with (
        nothing_moves(owner),
        psycopg.connect(backing.pooler_url, autocommit=True, prepare_threshold=None) as backend,
        pytest.raises(psycopg.errors.Error),
    ):
        backend.execute(
            "select ledger.adjust(%s, %s, %s::bigint, 'r', gen_random_uuid()::text, 'h', 'i')",
            (moved.id, moved.id, -amount),
        )


def test_a_transfer_that_does_not_balance_is_refused(owner: Owner, moved: Person) -> None:
    with nothing_moves(owner), pytest.raises(psycopg.errors.CheckViolation):
        owner.execute(
            """
            select ledger.post(
              'gift', %(id)s, 'lopsided', 'user', %(id)s, 'a request',
              array[
                row(ledger.wallet_of(%(id)s), 'gift', -3, null),
                row(1, 'gift', 2, null)
              ]::ledger.leg[]
            )
            """,
            {"id": moved.id},
        )


# REST


@pytest.fixture(params=["nobody", "the owner", "the secret key"])
def headers(request: pytest.FixtureRequest, moved: Person, backing: Backing) -> dict[str, str]:
    """Each way to call Supabase's REST API."""
    if request.param == "the secret key":
        return {"apikey": backing.secret_key, "Authorization": f"Bearer {backing.secret_key}"}
    return {"Authorization": f"Bearer {moved.token}"} if request.param == "the owner" else {}


@pytest.mark.parametrize("table", ["wallets", "transfers", "entries", "balances"])
@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE", "PUT"])
def test_money_cannot_be_written_over_rest(
    owner: Owner, supabase: httpx.Client, headers: dict[str, str], table: str, method: str
) -> None:
    with nothing_moves(owner):
        refused = supabase.request(
            method, f"/rest/v1/{table}?id=gt.0", json={"id": 1, "balance": 1000}, headers=headers
        )

    assert refused.status_code in (400, 401, 403, 404, 405), refused.text


@pytest.mark.parametrize("function", sorted([*DOORS, "post", "debit", "fold", "claim"]))
@pytest.mark.parametrize("schema", ["public", "ledger"])
def test_the_ledger_cannot_be_called_over_rest(
    owner: Owner, supabase: httpx.Client, headers: dict[str, str], function: str, schema: str
) -> None:
    with nothing_moves(owner):
        refused = supabase.post(
            f"/rest/v1/rpc/{function}",
            json={"wallet": 1, "amount": 1000},
            headers=headers | {"Content-Profile": schema},
        )

    assert refused.status_code in (404, 406), refused.text


def test_an_owner_reads_their_own_money_over_rest_and_nobody_elses(
    supabase: httpx.Client, moved: Person, creator: Person
) -> None:
    def read(table: str, person: Person) -> list[dict[str, object]]:
        headers = {"Authorization": f"Bearer {person.token}"}
        rows: list[dict[str, object]] = supabase.get(f"/rest/v1/{table}", headers=headers).json()
        return rows

    assert [row["balance"] for row in read("balances", moved)] == [9]
    assert [row["amount"] for row in read("entries", moved)] == [10, -1]
    assert [row["balance"] for row in read("balances", creator)] == [1]
    assert [row["amount"] for row in read("entries", creator)] == [1]


@pytest.mark.parametrize("table", ["wallets", "transfers", "entries", "balances"])
def test_nobody_reads_money_over_rest_without_a_token(
    supabase: httpx.Client, moved: Person, table: str
) -> None:
    assert supabase.get(f"/rest/v1/{table}").status_code == 401


# Rounding


@pytest.mark.parametrize(
    ("amount", "basis_points", "fee"),
    [
        (1, 0, 0), (1, 9999, 0), (4, 2000, 0), (5, 2000, 1), (9, 2000, 1), (10, 2000, 2),
        (3, 3333, 0), (10_000, 1, 1), (9_999, 1, 0), (7, 10_000, 7),
        (2**63 - 1, 2000, (2**63 - 1) // 5), (2**63 - 1, 10_000, 2**63 - 1),
    ],
)  # fmt: skip
def test_a_fee_is_rounded_down_whatever_the_amount(
    owner: Owner, amount: int, basis_points: int, fee: int
) -> None:
    with owner.transaction(force_rollback=True):
        owner.execute("insert into ledger.fee_rates values ('gift', %s)", (basis_points,))
        row = owner.execute("select ledger.fee('gift', %s::bigint)", (amount,)).fetchone()

    assert row == (fee,)
    assert Decimal(amount) * basis_points / 10_000 - fee < 1


def test_an_operation_without_a_rate_costs_no_fee(owner: Owner) -> None:
    assert owner.execute("select ledger.fee('gift', 1000)").fetchone() == (0,)


# Folding


def test_two_folds_of_a_wallet_at_once_add_each_credit_once(
    owner: Owner, backing: Backing, moved: Person, fund: Fund
) -> None:
    fund(moved, 5)
    (wallet,) = owner.execute(
        "select id from public.wallets where user_id = %s", (moved.id,)
    ).fetchone() or (0,)

    def fold() -> None:
        with psycopg.connect(backing.direct_url, autocommit=True) as other:
            other.execute("select ledger.fold(%s)", (wallet,))

    with psycopg.connect(backing.direct_url) as first:
        first.execute("select ledger.fold(%s)", (wallet,))
        second = threading.Thread(target=fold)
        second.start()
        second.join(0.1)
        assert second.is_alive()
    second.join(5)

    row = owner.execute("select balance from public.wallets where id = %s", (wallet,)).fetchone()
    assert row == (14,)


def test_a_fold_that_waits_for_a_payment_does_not_stop_that_payment(
    owner: Owner, backing: Backing, moved: Person, fund: Fund
) -> None:
    fund(moved, 5)
    (wallet,) = owner.execute(
        "select id from public.wallets where user_id = %s", (moved.id,)
    ).fetchone() or (0,)
    failed: list[Exception] = []

    def fold() -> None:
        try:
            with psycopg.connect(backing.direct_url, autocommit=True) as other:
                other.execute("select ledger.fold(%s)", (wallet,))
        except psycopg.Error as error:
            failed.append(error)

    with psycopg.connect(backing.direct_url) as payment:
        payment.execute("update public.wallets set balance = balance where id = %s", (wallet,))
        waiting = threading.Thread(target=fold)
        waiting.start()
        waiting.join(0.1)
        assert waiting.is_alive()
        payment.execute("select ledger.fold(%s)", (wallet,))
    waiting.join(5)

    assert failed == []
    row = owner.execute("select balance from public.wallets where id = %s", (wallet,)).fetchone()
    assert row == (14,)
