"""Embeds: how tables are joined, and what is said when they cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx


def rows(rest: httpx.Client, path: str) -> Any:
    answer = rest.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param(
            "/books?select=title,authors(name),publishers(name)&id=eq.3",
            [{"title": "El Aleph", "authors": {"name": "Borges"}, "publishers": None}],
            id="to one, absent is null",
        ),
        pytest.param(
            "/publishers?select=name,books(title)&order=id&books.order=id",
            [
                {
                    "name": "North Press",
                    "books": [{"title": "Notes"}, {"title": "Invisible Cities"}],
                },
                {"name": "South Press", "books": [{"title": "Ficciones"}]},
            ],
            id="to many",
        ),
        pytest.param(
            "/authors?select=name,profiles(bio)&id=gte.2&order=id",
            [
                {"name": "Borges", "profiles": {"bio": "Wrote labyrinths"}},
                {"name": "Calvino", "profiles": None},
            ],
            id="one to one is an object",
        ),
        pytest.param(
            "/books?select=title,tags(name)&id=eq.4",
            [{"title": "Invisible Cities", "tags": [{"name": "maze"}, {"name": "travel"}]}],
            id="many to many",
        ),
        pytest.param(
            "/tags?select=name,books(title,authors(name))&name=eq.maths",
            [{"name": "maths", "books": [{"title": "Notes", "authors": {"name": "Ada"}}]}],
            id="nested",
        ),
        pytest.param(
            "/loans?select=id,shelves(label)&order=id&limit=1",
            [{"id": 1, "shelves": {"label": "poetry"}}],
            id="composite key",
        ),
        pytest.param(
            "/authors?select=name,authors(name)&id=eq.1",
            [{"name": "Ada", "authors": [{"name": "Borges"}, {"name": "Calvino"}]}],
            id="self, by the table's name: the many",
        ),
        pytest.param(
            "/authors?select=name,mentor:mentor_id(name)&id=eq.2",
            [{"name": "Borges", "mentor": {"name": "Ada"}}],
            id="self, by the column's name: the one",
        ),
        pytest.param(
            "/letters?select=id,sender:authors!sender_id(name),to:authors!letters_receiver_id_fkey"
            "(name)&id=eq.1",
            [{"id": 1, "sender": {"name": "Ada"}, "to": {"name": "Borges"}}],
            id="hints by column and by constraint",
        ),
        pytest.param(
            "/book_titles?select=title,authors(name)&id=eq.1",
            [{"title": "Notes", "authors": {"name": "Ada"}}],
            id="from a view with renamed columns",
        ),
        pytest.param(
            "/titles_again?select=title,authors(name)&id=eq.1",
            [{"title": "Notes", "authors": {"name": "Ada"}}],
            id="from a view of a view",
        ),
        pytest.param(
            "/books?select=title,author_cards(name,bio)&id=eq.1",
            [{"title": "Notes", "author_cards": {"name": "Ada", "bio": "Wrote notes"}}],
            id="to a view that joins",
        ),
        pytest.param(
            "/tag_counts?select=books,tags(colour)&tag=eq.travel",
            [{"books": 1, "tags": {"colour": "grey"}}],
            id="from a materialised view",
        ),
        pytest.param(
            "/authors?select=name,first_book(title),long_books(title)&id=eq.2",
            [
                {
                    "name": "Borges",
                    "first_book": {"title": "Ficciones"},
                    "long_books": [{"title": "Ficciones"}, {"title": "El Aleph"}],
                }
            ],
            id="computed",
        ),
        pytest.param(
            "/books?select=title,...authors(author:name)&id=eq.1",
            [{"title": "Notes", "author": "Ada"}],
            id="spread to one",
        ),
        pytest.param(
            "/authors?select=name,...books(title,pages)&id=eq.2&books.order=pages",
            [{"name": "Borges", "title": ["El Aleph", "Ficciones"], "pages": [146, 203]}],
            id="spread to many gives lists in one order",
        ),
        pytest.param(
            "/tags?select=name,...books(title,...authors(author:name))&name=eq.travel",
            [{"name": "travel", "title": ["Invisible Cities"], "author": ["Calvino"]}],
            id="spread in a spread",
        ),
        pytest.param(
            "/authors?select=name,books(title)&books.pages=gt.150&order=id&limit=2",
            [
                {"name": "Ada", "books": []},
                {"name": "Borges", "books": [{"title": "Ficciones"}]},
            ],
            id="filters on an embed keep the parent",
        ),
        pytest.param(
            "/authors?select=name,books!inner(title)&books.pages=gt.150",
            [{"name": "Borges", "books": [{"title": "Ficciones"}]}],
            id="inner drops the parent",
        ),
        pytest.param(
            "/authors?select=name,books()&books.pages=gt.150&books=not.is.null",
            [{"name": "Borges"}],
            id="an empty embed to filter by",
        ),
        pytest.param(
            "/authors?select=name,profiles()&profiles=is.null",
            [{"name": "Calvino"}],
            id="absence",
        ),
        pytest.param(
            "/authors?select=name,books(),profiles()&books.title=eq.Notes&profiles.bio=like.*lab*"
            "&or=(books.not.is.null,profiles.not.is.null)&order=id",
            [{"name": "Ada"}, {"name": "Borges"}],
            id="or across embeds",
        ),
        pytest.param(
            "/authors?select=name,books(title)&books.or=(pages.lt.100,title.like.F*)&id=lte.2",
            [
                {"name": "Ada", "books": [{"title": "Notes"}]},
                {"name": "Borges", "books": [{"title": "Ficciones"}]},
            ],
            id="or inside an embed",
        ),
        pytest.param(
            "/authors?select=name,books(title)&books.order=title.desc&books.limit=1&books.offset=1"
            "&id=eq.2",
            [{"name": "Borges", "books": [{"title": "El Aleph"}]}],
            id="order, limit and offset of an embed",
        ),
        pytest.param(
            "/tags?select=name,books(title,authors(name))&books.authors.name=eq.Calvino"
            "&books.order=id&name=eq.travel",
            [
                {
                    "name": "travel",
                    "books": [{"title": "Invisible Cities", "authors": {"name": "Calvino"}}],
                }
            ],
            id="filters two levels down",
        ),
        pytest.param(
            "/tags?select=name,books(title,authors(name))&books.order=authors(name)&name=eq.maze",
            [
                {
                    "name": "maze",
                    "books": [
                        {"title": "Ficciones", "authors": {"name": "Borges"}},
                        {"title": "El Aleph", "authors": {"name": "Borges"}},
                        {"title": "Invisible Cities", "authors": {"name": "Calvino"}},
                    ],
                }
            ],
            id="an embed ordered by its own parent",
        ),
    ],
)
def test_embeds(rest: httpx.Client, path: str, expected: Any) -> None:
    found = rows(rest, path)
    for row in found:
        for value in row.values():
            if isinstance(value, list) and "books.order" not in path:
                value.sort(key=str)
    wanted = [
        {
            k: sorted(v, key=str) if isinstance(v, list) and "books.order" not in path else v
            for k, v in row.items()
        }
        for row in expected
    ]
    assert found == wanted


def test_several_relationships_are_listed(rest: httpx.Client) -> None:
    answer = rest.get("/letters?select=id,authors(name)")
    assert answer.status_code == 300
    assert answer.json() == {
        "code": "PGRST201",
        "message": (
            "Could not embed because more than one relationship was found for 'letters' and "
            "'authors'"
        ),
        "details": [
            {
                "cardinality": "many-to-one",
                "embedding": "letters with authors",
                "relationship": f"letters_{who}_id_fkey using letters({who}_id) and authors(id)",
            }
            for who in ("receiver", "sender")
        ],
        "hint": (
            "Try changing 'authors' to one of the following: "
            "'authors!letters_receiver_id_fkey', 'authors!letters_sender_id_fkey'. "
            "Find the desired relationship in the 'details' key."
        ),
    }


def test_no_relationship_is_said_with_what_was_searched(rest: httpx.Client) -> None:
    answer = rest.get("/books?select=id,authorz!nope(name)")
    assert answer.status_code == 400
    assert answer.json() == {
        "code": "PGRST200",
        "message": (
            "Could not find a relationship between 'books' and 'authorz' in the schema cache"
        ),
        "details": (
            "Searched for a foreign key relationship between 'books' and 'authorz' using the hint "
            "'nope' in the schema 'api', but no matches were found."
        ),
        "hint": "Perhaps you meant 'authors' instead of 'authorz'.",
    }


def test_a_table_of_a_hidden_schema_is_not_embedded(rest: httpx.Client) -> None:
    assert rest.get("/books?select=id,secrets(id)").json()["code"] == "PGRST200"


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        (
            "books.title=eq.x",
            "PGRST108",
            "'books' is not an embedded resource in this request",
        ),
        ("order=books(id)", "PGRST108", "'books' is not an embedded resource in this request"),
        (
            "select=*,books(*)&order=books(id)",
            "PGRST118",
            "A related order on 'books' is not possible",
        ),
    ],
)
def test_what_is_not_embedded_cannot_be_used(
    rest: httpx.Client, query: str, code: str, message: str
) -> None:
    answer = rest.get(f"/authors?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.json()["message"] == message


def test_an_aliased_embed_called_by_its_table_warns(rest: httpx.Client) -> None:
    answer = rest.get("/authors?select=name,works:books(title)&books.title=eq.Notes&id=eq.1")
    assert answer.json() == [{"name": "Ada", "works": [{"title": "Notes"}]}]
    assert "Update `books` to `works`" in answer.headers["warning"]


def test_the_count_follows_inner_embeds_and_null_filters(rest: httpx.Client) -> None:
    for query in ("books!inner()", "books()&books=not.is.null"):
        answer = rest.get(
            f"/authors?select=name,{query}&books.pages=gt.150", headers={"Prefer": "count=exact"}
        )
        assert answer.headers["content-range"] == "0-0/1"
