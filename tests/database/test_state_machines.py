"""The tables of transitions hold what the documents draw, and no write goes where none leads."""

import re

import pytest
from psycopg import errors, sql

from local.documents.machines import Machine, Transition, machines
from tests.database.calling import call_in, status_of
from tests.database.conftest import BEN, CLEO, Connection

(CALL,) = [machine for machine in machines() if machine.name == "call"]
MOVES = [(one, other) for one in CALL.states for other in CALL.states if one != other]
LED_TO = {(one.source, one.target) for one in CALL.transitions}


def by_name(machine: Machine) -> str:
    return machine.name


@pytest.mark.parametrize("machine", machines(), ids=by_name)
def test_the_database_has_the_rows_that_are_drawn(database: Connection, machine: Machine) -> None:
    table = sql.Identifier("private", f"{machine.name}_transitions")
    rows = database.execute(
        sql.SQL(
            "select from_status, to_status, action, actor, extract(epoch from after) from {}"
        ).format(table)
    ).fetchall()

    found = {
        (source, target, action, actor, None if after is None else int(after))
        for source, target, action, actor, after in rows
    }
    assert found == {_row(one) for one in machine.transitions}


def _row(one: Transition) -> tuple[str | None, str, str, str, int | None]:
    seconds = None
    if one.after:
        amount, unit = one.after.split()
        seconds = int(amount) * {"minute": 60, "hour": 3600}[unit.removesuffix("s")]
    return one.source, one.target, one.action, one.actor, seconds


def test_a_call_has_the_statuses_of_its_machine_and_no_other(database: Connection) -> None:
    row = database.execute(
        """
        select pg_get_constraintdef(c.oid)
        from pg_constraint c
        where c.conrelid = 'public.calls'::regclass
          and c.conname = 'calls_status_check'
        """
    ).fetchone()

    assert row is not None
    assert set(re.findall(r"'(\w+)'", row[0])) == set(CALL.states)


@pytest.mark.parametrize(("before", "after"), sorted(set(MOVES) - LED_TO))
def test_no_write_takes_a_call_where_the_table_does_not_lead(
    quiet: Connection, before: str, after: str
) -> None:
    call = call_in(quiet, before)
    assert status_of(quiet, call) == before

    refusal = errors.RestrictViolation if before in CALL.final else errors.CheckViolation
    with pytest.raises(refusal) as refused, quiet.transaction():
        quiet.execute("update calls set status = %s where id = %s", [after, call])

    assert before in CALL.final or f"from {before} to {after}" in str(refused.value)
    assert status_of(quiet, call) == before


@pytest.mark.parametrize("status", sorted(set(CALL.states) - {"pending"}))
def test_no_call_begins_in_the_middle(quiet: Connection, status: str) -> None:
    with pytest.raises(errors.CheckViolation, match=f"from nothing to {status}"):
        quiet.execute(
            """
            insert into calls (
              fan_id, creator_id, status, rate_per_minute, minimum_minutes, estimated_minutes
            )
            values (%s, %s, %s, 1, 1, 1)
            """,
            [BEN, CLEO, status],
        )


@pytest.mark.parametrize("statement", ["update calls set charged = 0", "delete from calls"])
@pytest.mark.parametrize("status", sorted(CALL.final))
def test_not_even_the_owner_rewrites_a_call_that_is_over(
    quiet: Connection, status: str, statement: str
) -> None:
    call = call_in(quiet, status)

    with pytest.raises(errors.RestrictViolation):
        quiet.execute(f"{statement} where id = %s".encode(), [call])
