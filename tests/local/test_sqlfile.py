import pytest

from local.services.sqlfile import controls_transaction, split_statements


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ("select 1; select 2;", ["select 1", "select 2"]),
        ("select ';'; select 'it''s;'", ["select ';'", "select 'it''s;'"]),
        (r"select E'\';'; select 2", [r"select E'\';'", "select 2"]),
        ('create table "a;b" (); select 2', ['create table "a;b" ()', "select 2"]),
        ("select 1 -- one; two\n; select 2", ["select 1 -- one; two", "select 2"]),
        ("/* a; /* b; */ c; */ select 1; select 2", ["/* a; /* b; */ c; */ select 1", "select 2"]),
        ("do $$ begin perform 1; end $$; select 2", ["do $$ begin perform 1; end $$", "select 2"]),
        ("do $a$ $b$ ; $b$ $$;$$ $a$; select 2", ["do $a$ $b$ ; $b$ $$;$$ $a$", "select 2"]),
        ("select $1; select a$b; select c$d", ["select $1", "select a$b", "select c$d"]),
        (";; -- nothing\n; /* nor here */", []),
        ("", []),
    ],
)
def test_statements_end_where_postgresql_ends_them(text: str, statements: list[str]) -> None:
    assert split_statements(text) == statements


def test_the_body_of_a_standard_function_stays_whole() -> None:
    function = """create function sign(n int) returns int begin atomic
      select case when n < 0 then -1 else 1 end;
      select 2;
    end"""

    assert split_statements(f"{function}; select 1") == [function, "select 1"]


@pytest.mark.parametrize("statement", ["begin", "BEGIN;", "-- now\ncommit", "start transaction"])
def test_transaction_control_is_recognised(statement: str) -> None:
    assert controls_transaction(statement)


@pytest.mark.parametrize("statement", ["create table commit ()", "select 'begin'", "do $$begin$$"])
def test_other_statements_are_not_taken_for_it(statement: str) -> None:
    assert not controls_transaction(statement)
