"""What holds of the whole schema: the types of its columns, and a ledger that nobody rewrites."""

from typing import LiteralString

import pytest
from psycopg import errors, sql

from tests.database.conftest import Connection

SCHEMAS = ("public", "private", "ledger")


def names(connection: Connection, query: str, *params: object) -> list[str]:
    return [str(row[0]) for row in connection.execute(query, params)]


def test_moments_have_a_time_zone_and_amounts_are_whole(database: Connection) -> None:
    assert (
        names(
            database,
            """
            select format('%%s.%%s %%s', table_name, column_name, data_type)
            from information_schema.columns
            where table_schema = any (%s)
              and data_type in (
                'timestamp without time zone', 'time with time zone', 'real', 'double precision',
                'numeric', 'money'
              )
            """,
            list(SCHEMAS),
        )
        == []
    )


@pytest.mark.parametrize("table", ["transfers", "entries"])
@pytest.mark.parametrize(
    "statement", ["update {} set created_at = created_at", "delete from {}", "truncate {} cascade"]
)
def test_not_even_the_owner_rewrites_the_ledger(
    database: Connection, table: str, statement: LiteralString
) -> None:
    with pytest.raises(errors.RestrictViolation):
        database.execute(sql.SQL(statement).format(sql.Identifier(table)))


@pytest.mark.parametrize("table", ["streams", "shows"])
@pytest.mark.parametrize("tags", [["t" * 31], ["piano", None]], ids=["a long one", "none"])
def test_a_tag_that_the_api_would_not_take_cannot_be_stored(
    database: Connection, table: str, tags: list[str | None]
) -> None:
    statement = sql.SQL("update {} set tags = %s").format(sql.Identifier(table))

    with pytest.raises(errors.CheckViolation):
        database.execute(statement, [tags])
