"""GET on tables and views: columns, filters, order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

if TYPE_CHECKING:
    import httpx


def rows(rest: httpx.Client, path: str, **headers: str) -> Any:
    answer = rest.get(path, headers=headers)
    assert answer.status_code in (200, 206), answer.text
    return answer.json()


def ids(rest: httpx.Client, query: str) -> list[int]:
    return [row["id"] for row in rows(rest, f"/books?select=id&order=id&{query}")]


def test_rows_come_as_postgres_writes_them(rest: httpx.Client) -> None:
    answer = rest.get("/measures?select=amount,large&id=lte.2&order=id")
    assert answer.text.replace("\n ", "") == (
        '[{"amount":1.10,"large":9007199254740993}, '
        '{"amount":100000000000000000000.123456789,"large":null}]'
    )
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.headers["content-range"] == "0-1/*"
    assert answer.headers["content-profile"] == "api"
    assert answer.headers["content-location"] == "/measures?id=lte.2&order=id&select=amount%2Clarge"
    assert answer.headers["vary"] == "Accept, Prefer, Range"


def test_columns_are_renamed_and_cast(rest: httpx.Client) -> None:
    assert rows(rest, "/books?select=n:id::text,price::int&id=eq.1") == [{"n": "1", "price": 13}]


def test_json_is_entered_by_key_and_index(rest: httpx.Client) -> None:
    found = rows(rest, "/authors?select=data->rank->n,last:data->ids->>-1,data->ids->0&id=eq.1")
    assert found == [{"n": 1, "last": "3", "ids": 1}]
    assert [r["id"] for r in rows(rest, "/authors?select=id&data->rank->>n=eq.2")] == [2]
    assert rows(rest, "/books?select=words->>0&id=eq.1") == [{"words": "engine"}]


def test_computed_columns_are_selected_filtered_and_ordered_by(rest: httpx.Client) -> None:
    query = "/books?select=full_title&full_title=like.*%23*&order=full_title.desc&limit=1"
    assert rows(rest, query) == [{"full_title": "Notes #1"}]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("id=eq.2", [2]),
        ("id=neq.2", [1, 3, 4]),
        ("id=gt.2", [3, 4]),
        ("id=gte.2&id=lt.4", [2, 3]),
        ("id=lte.1", [1]),
        ("id=not.eq.2", [1, 3, 4]),
        ("id=in.(1,3)", [1, 3]),
        ("id=not.in.(1,3)", [2, 4]),
        ("id=in.()", []),
        ("id=not.in.()", [1, 2, 3, 4]),
        ('title=in.("El Aleph",Notes)', [1, 3]),
        ("title=like.*le*", [3, 4]),
        ("title=like.%25es", [1, 2, 4]),
        ("title=ilike.el*", [3]),
        ("title=match.^[EF]", [2, 3]),
        ("title=imatch.^el", [3]),
        ("title=like(any).{N*,F*}", [1, 2]),
        ("title=ilike(all).{*i*,*c*}", [2, 4]),
        ("id=eq(any).{2,4}", [2, 4]),
        ("id=gt(all).{1,2}", [3, 4]),
        ("pages=is.null", [4]),
        ("pages=is.not_null", [1, 2, 3]),
        ("pages=not.is.null", [1, 2, 3]),
        ("publisher_id=isdistinct.1", [2, 3]),
        ("words=cs.{maze}", [2, 4]),
        ('words=cs.{"a, b"}', [2]),
        ("words=cd.{maze,city,x}", [3, 4]),
        ("words=ov.{numbers,city}", [1, 4]),
        ("shelf=cs.[3,4)", [1, 4]),
        ("shelf=sl.[5,9)", [1, 4]),
        ("shelf=sr.[1,3)", [2, 4]),
        ("shelf=nxr.[1,5)", [1, 4]),
        ("shelf=nxl.[3,4)", [2, 4]),
        ("shelf=adj.[5,9)", [1]),
        ("title=fts.cities", [4]),
        ("title=plfts(english).invisible city", [4]),
        ("title=phfts(english).invisible cities", [4]),
        ("title=wfts.cities or notes", [1, 4]),
        ("search=fts(english).cities", [4]),
        ("title=not.fts.cities", [1, 2, 3]),
        ("facts->a->b->>0=eq.10", [1]),
        ("or=(id.eq.1,id.eq.2)", [1, 2]),
        ("not.or=(id.eq.1,id.eq.2)", [3, 4]),
        ("and=(id.gt.1,or(pages.is.null,pages.gt.200))", [2, 4]),
        ("or=(words.cs.{maze,city},not.and(id.gt.1,id.lt.9))", [1, 4]),
        ('or=(title.eq."El Aleph",title.in.("Notes","x,y"))', [1, 3]),
        ("and=( id.in.( 1, 2 ) , id.neq.1 )", [2]),
    ],
)
def test_filters(rest: httpx.Client, query: str, expected: list[int]) -> None:
    assert ids(rest, query) == expected


def test_truth_values(rest: httpx.Client) -> None:
    for word, expected in [("true", 1), ("FALSE", 2), ("unknown", 3)]:
        assert rows(rest, f"/measures?select=id&flag=is.{word}") == [{"id": expected}]


def test_names_with_spaces_and_reserved_characters(rest: httpx.Client) -> None:
    assert rows(rest, "/measures?select=odd name&odd name=eq.a,b") == [{"odd name": "a,b"}]
    assert rows(rest, '/measures?select=id&"odd name"=like.say*') == [{"id": 2}]


def test_order_places_nulls(rest: httpx.Client) -> None:
    def pages(order: str) -> list[int | None]:
        return [row["pages"] for row in rows(rest, f"/books?select=pages&order={order}")]

    assert pages("pages") == [66, 146, 203, None]
    assert pages("pages.desc") == [None, 203, 146, 66]
    assert pages("pages.desc.nullslast") == [203, 146, 66, None]
    assert pages("pages.nullsfirst") == [None, 66, 146, 203]


def test_order_by_json_and_by_a_parent(rest: httpx.Client) -> None:
    by_rank = rows(rest, "/authors?select=id&order=data->rank->n.desc.nullslast")
    assert [row["id"] for row in by_rank] == [2, 1, 3]
    by_author = rows(rest, "/books?select=id,authors(name)&order=authors(name).desc,id")
    assert [row["id"] for row in by_author] == [4, 2, 3, 1]


def test_an_empty_select_is_all_columns(rest: httpx.Client) -> None:
    assert rows(rest, "/tags?select=&name=eq.maze") == [{"name": "maze", "colour": "blue"}]


def test_another_schema_by_profile(rest: httpx.Client) -> None:
    answer = rest.get("/papers", headers={"Accept-Profile": "archive"})
    assert answer.json() == [{"id": 1, "title": "Old paper"}]
    assert answer.headers["content-profile"] == "archive"
    assert rest.get("/papers").status_code == 404


def test_head_answers_as_get_without_a_body(rest: httpx.Client) -> None:
    answer = rest.head("/books", headers={"Prefer": "count=exact"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-range"] == "0-3/4"
    assert answer.headers["content-type"] == "application/json; charset=utf-8"


def test_domains_that_exist_only_in_the_database_filter_as_their_base(rest: httpx.Client) -> None:
    assert rows(rest, "/editions?code=eq.978-1") == [{"id": 1, "code": "978-1"}]


@pytest.mark.parametrize(
    ("path", "status", "code", "message"),
    [
        ("/nope", 404, "PGRST205", "Could not find the table 'api.nope' in the schema cache"),
        ("/secrets", 404, "PGRST205", "Could not find the table 'api.secrets' in the schema cache"),
        ("/books?select=nope", 400, "42703", "column books.nope does not exist"),
        ("/books?nope=eq.1", 400, "42703", "column books.nope does not exist"),
        ("/books?id=eq.x", 400, "22P02", 'invalid input syntax for type bigint: "x"'),
        ("/books?select=id::nope", 400, "42704", 'type "nope" does not exist'),
        ("/books?id=5", 400, "PGRST100", '"failed to parse filter (5)" (line 1, column 1)'),
        ("/books?title=eq.%00", 400, "22021", 'invalid byte sequence for encoding "UTF8": 0x00'),
        ("/a/b/c", 404, "PGRST125", "Invalid path specified in request URL"),
        ("/books?select=id.sum()", 400, "PGRST123", "Use of aggregate functions is not allowed"),
    ],
)
def test_errors(rest: httpx.Client, path: str, status: int, code: str, message: str) -> None:
    answer = rest.get(path)
    assert answer.status_code == status
    assert answer.json() | {"hint": None} == {
        "code": code,
        "details": answer.json()["details"],
        "hint": None,
        "message": message,
    }
    assert answer.headers["proxy-status"] == f"PostgREST; error={code}"


def test_a_near_miss_earns_a_hint(rest: httpx.Client) -> None:
    assert rest.get("/bookz").json()["hint"] == "Perhaps you meant the table 'api.books'"


def test_identifiers_cannot_leave_their_quotes(rest: httpx.Client) -> None:
    attack = 'id" from api.books; drop table api.notes; --'
    assert rest.get("/books", params={"select": f'"{attack}"'}).status_code == 400
    # What follows a whole item is left unread, as PostgREST does, and so never reaches SQL.
    assert rows(rest, f"/books?select=id&{quote(attack)}=eq.1") == [{"id": 1}]
    cast = quote("id::int) from api.notes --")
    assert rows(rest, f"/books?select={cast}&id=eq.1") == [{"id": 1}]
    assert rest.get("/books", params={"id": "eq.1); drop table api.notes; --"}).status_code == 400
    assert rest.get("/notes").status_code == 200


def test_aggregates_group_by_the_other_columns(rolled_back: httpx.Client) -> None:
    assert rows(rolled_back, "/books?select=count(),price.sum()") == [{"count": 4, "sum": 39.69}]
    assert rows(rolled_back, "/books?select=n:count()::text") == [{"n": "4"}]
    by_author = "/books?select=author_id,n:id.count(),price.max()::text&order=author_id"
    assert rows(rolled_back, by_author) == [
        {"author_id": 1, "n": 1, "max": "12.5000"},
        {"author_id": 2, "n": 2, "max": "10.0000"},
        {"author_id": 3, "n": 1, "max": "7.2000"},
    ]
    spread = "/books?select=...authors(name,count())&order=authors(name)"
    assert rows(rolled_back, spread) == [
        {"name": "Ada", "count": 1},
        {"name": "Borges", "count": 2},
        {"name": "Calvino", "count": 1},
    ]
    embedded = "/authors?select=name,books(pages.sum())&order=id&limit=2"
    assert rows(rolled_back, embedded) == [
        {"name": "Ada", "books": [{"sum": 66}]},
        {"name": "Borges", "books": [{"sum": 349}]},
    ]
