"""The client library that the product's functions use, over the real server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from postgrest import APIError, SyncPostgrestClient
from postgrest.types import CountMethod, ReturnMethod

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[SyncPostgrestClient]:
    with httpx.Client(base_url=f"{url}/rest/v1/") as session:
        yield SyncPostgrestClient(f"{url}/rest/v1", schema="api", http_client=session)


def data(query: Any) -> Any:
    return query.execute().data


def test_selects(client: SyncPostgrestClient) -> None:
    books = client.table("books")
    found = books.select("id, title", "authors(name)").eq("id", 1)
    assert data(found) == [{"id": 1, "title": "Notes", "authors": {"name": "Ada"}}]
    ordered = books.select("id").order("pages", desc=True, nullsfirst=False).range(1, 2)
    assert data(ordered) == [{"id": 3}, {"id": 1}]
    embedded = (
        client.table("authors")
        .select("name, books!inner(title)")
        .ilike("books.title", "%o%")
        .order("title", foreign_table="books")
        .limit(1, foreign_table="books")
        .order("name", desc=True)
    )
    assert data(embedded)[0] == {"name": "Borges", "books": [{"title": "Ficciones"}]}


def test_filters(client: SyncPostgrestClient) -> None:
    def ids(query: Any) -> list[int]:
        return sorted(row["id"] for row in data(query))

    books = client.table("books")
    assert ids(books.select("id").in_("title", ["Notes", "El Aleph", 'x,"y'])) == [1, 3]
    assert ids(books.select("id").in_("id", [])) == []
    assert ids(books.select("id").is_("pages", None)) == [4]
    assert ids(books.select("id").not_.is_("pages", None)) == [1, 2, 3]
    assert ids(books.select("id").contains("words", ["a, b"])) == [2]
    assert ids(books.select("id").contained_by("words", ["maze", "city"])) == [3, 4]
    assert ids(books.select("id").overlaps("words", ["city", "engine"])) == [1, 4]
    assert ids(books.select("id").range_gt("shelf", (1, 4))) == [2]
    assert ids(books.select("id").range_adjacent("shelf", (4, 9))) == [1]
    assert ids(books.select("id").or_("id.eq.1,and(id.gt.2,pages.is.null)")) == [1, 4]
    assert ids(books.select("id").like_any_of("title", "N%,F%")) == [1, 2]
    assert ids(books.select("id").gte("added", "2020-01-01T00:00:00+00:00").lte("id", 2)) == [1, 2]
    assert ids(books.select("id").filter("facts->a->b->>0", "eq", "10")) == [1]
    searched = books.select("id").text_search(
        "search", "invisible cities", {"type": "web_search", "config": "english"}
    )
    assert ids(searched) == [4]
    authors = client.table("authors")
    assert ids(authors.select("id").contains("data", {"rank": {"n": 2}})) == [2]


def test_counts(client: SyncPostgrestClient) -> None:
    books = client.table("books")
    assert books.select("*", count=CountMethod.exact).limit(1).execute().count == 4
    assert books.select("*", count=CountMethod.exact, head=True).execute().count == 4


def test_single_and_maybe_single(client: SyncPostgrestClient) -> None:
    tags = client.table("tags")
    assert data(tags.select("*").eq("name", "maze").single())["colour"] == "blue"
    assert tags.select("*").eq("name", "none").maybe_single().execute() is None
    with pytest.raises(APIError) as caught:
        tags.select("*").single().execute()
    assert caught.value.code == "PGRST116"


def test_csv_and_stripped_nulls(client: SyncPostgrestClient) -> None:
    tags = client.table("tags")
    assert data(tags.select("*").eq("name", "maze").csv()) == "name,colour\nmaze,blue"
    measures = client.table("measures")
    assert data(measures.select("*").eq("id", 3).strip_nulls()) == [{"id": 3, "large": 0}]


def test_a_life_of_rows(client: SyncPostgrestClient) -> None:
    tags = client.table("tags")
    assert data(tags.insert({"name": "one"})) == [{"name": "one", "colour": "grey"}]
    bulk: Any = [{"name": "two", "colour": "x"}, {"name": "three"}]
    inserted = data(tags.insert(bulk, default_to_null=False))
    assert [row["colour"] for row in inserted] == ["x", "grey"]
    assert data(tags.upsert({"name": "one", "colour": "y"})) == [{"name": "one", "colour": "y"}]
    ignored = tags.upsert([{"name": "one", "colour": "z"}], ignore_duplicates=True)
    assert data(ignored) == []
    changed = tags.update({"colour": "q"}).in_("name", ["one", "two"])
    assert len(data(changed)) == 2
    with pytest.raises(APIError) as caught:
        tags.delete().in_("name", ["one", "two", "three"]).max_affected(2).execute()
    assert caught.value.code == "PGRST124"
    gone = tags.delete(returning=ReturnMethod.minimal, count=CountMethod.exact)
    assert gone.in_("name", ["one", "two", "three"]).execute().count == 3


def test_functions(client: SyncPostgrestClient) -> None:
    rpc: Any = client.rpc  # the library's annotation allows text arguments alone
    assert data(rpc("add_them", {"a": 1, "b": 2})) == 3
    assert data(rpc("add_them", {"a": 1}, get=True)) == 11
    assert data(rpc("no_result", {})) == []
    assert data(rpc("join_words", {"words": ["a", "b"]}, get=False)) == "a-b"
    books = rpc("all_books", {}).select("id").order("id", desc=True).limit(2)
    assert data(books) == [{"id": 4}, {"id": 3}]
    assert rpc("all_books", {}, head=True, count=CountMethod.exact).execute().count == 4


def test_errors_are_the_servers(client: SyncPostgrestClient) -> None:
    with pytest.raises(APIError) as caught:
        client.table("bookz").select("*").execute()
    assert caught.value.code == "PGRST205"
    assert caught.value.hint == "Perhaps you meant the table 'api.books'"


def test_another_schema(client: SyncPostgrestClient, url: str) -> None:
    with httpx.Client(base_url=f"{url}/rest/v1/") as session:
        archive = SyncPostgrestClient(f"{url}/rest/v1", schema="archive", http_client=session)
        assert data(archive.table("papers").select("*")) == [{"id": 1, "title": "Old paper"}]
