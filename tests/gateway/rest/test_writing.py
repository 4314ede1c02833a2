"""POST, PATCH, PUT and DELETE on tables and views."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx

REPRESENTATION = {"Prefer": "return=representation"}


def prefer(*wanted: str) -> dict[str, str]:
    return {"Prefer": ",".join(wanted)}


def sent(answer: httpx.Response) -> tuple[int, Any]:
    return answer.status_code, answer.json() if answer.content else None


class TestInsert:
    def test_minimal_is_the_default(self, rolled_back: httpx.Client) -> None:
        answer = rolled_back.post("/tags", json={"name": "new"})
        assert sent(answer) == (201, None)
        assert answer.headers["content-range"] == "*/*"
        assert answer.headers["content-length"] == "0"
        assert "content-type" not in answer.headers
        assert "location" not in answer.headers

    def test_the_digits_of_a_number_survive_both_ways(self, rolled_back: httpx.Client) -> None:
        body = b'{"id": 9, "amount": 1.10, "large": 9007199254740993}'
        answer = rolled_back.post(
            "/measures?select=amount,large",
            content=body,
            headers={**REPRESENTATION, "Content-Type": "application/json"},
        )
        assert answer.text == '[{"amount":1.10,"large":9007199254740993}]'

    def test_the_representation_may_embed_and_rename(self, rolled_back: httpx.Client) -> None:
        answer = rolled_back.post(
            "/books?select=name:title,authors(name),tags(name)",
            json={"title": "New", "author_id": 2},
            headers=prefer("return=representation", "count=exact"),
        )
        assert sent(answer) == (201, [{"name": "New", "authors": {"name": "Borges"}, "tags": []}])
        assert answer.headers["content-range"] == "*/1"
        assert answer.headers["preference-applied"] == "return=representation, count=exact"

    def test_headers_only_gives_the_location(self, rolled_back: httpx.Client) -> None:
        answer = rolled_back.post(
            "/shelves", json={"room": 7, "number": 8}, headers=prefer("return=headers-only")
        )
        assert sent(answer) == (201, None)
        assert answer.headers["location"] == "/shelves?room=eq.7&number=eq.8"

    def test_bulk_rows_have_one_set_of_keys(self, rolled_back: httpx.Client) -> None:
        rows = [{"name": "a", "colour": "x"}, {"name": "b", "colour": "y"}]
        assert sent(rolled_back.post("/tags", json=rows, headers=REPRESENTATION)) == (201, rows)
        answer = rolled_back.post("/tags", json=[{"name": "a"}, {"name": "b", "colour": "y"}])
        assert (answer.status_code, answer.json()["message"]) == (400, "All object keys must match")

    def test_columns_choose_the_keys_and_missing_ones_are_null(
        self, rolled_back: httpx.Client
    ) -> None:
        rows = [{"id": 8, "content": "x", "more": 1}, {"id": 9}]
        answer = rolled_back.post(
            '/notes?columns="id","content"', json=rows, headers=REPRESENTATION
        )
        assert sent(answer) == (201, [{"id": 8, "content": "x"}, {"id": 9, "content": None}])

    def test_missing_default_fills_in_the_columns_default(self, rolled_back: httpx.Client) -> None:
        answer = rolled_back.post(
            "/books?columns=id,title,author_id,price&select=title,price::text",
            json=[
                {"title": "a", "author_id": 1},
                {"title": "b", "author_id": 1, "price": 2},
                {"id": 77, "title": "c", "author_id": 1, "price": 3},
            ],
            headers=prefer("return=representation", "missing=default"),
        )
        assert sent(answer) == (
            201,
            [
                {"title": "a", "price": "1.1000"},
                {"title": "b", "price": "2.0000"},
                {"title": "c", "price": "3.0000"},
            ],
        )
        assert answer.headers["preference-applied"] == "missing=default, return=representation"

    @pytest.mark.parametrize(("body", "count"), [("{}", 1), ("[{}]", 1), ("[]", 0)])
    def test_empty_objects_are_rows_of_defaults(
        self, rolled_back: httpx.Client, body: str, count: int
    ) -> None:
        answer = rolled_back.post(
            "/journals?select=title",
            content=body,
            headers={**REPRESENTATION, "Content-Type": "application/json"},
        )
        assert sent(answer) == (201, [{"title": "untitled"}] * count)

    def test_csv_in_and_out(self, rolled_back: httpx.Client) -> None:
        answer = rolled_back.post(
            "/notes",
            content='id,content\n8,"a, b"\n9,NULL\n',
            headers={**REPRESENTATION, "Content-Type": "text/csv", "Accept": "text/csv"},
        )
        assert answer.text == 'id,content\n8,"a, b"\n9,'
        wrong = rolled_back.post(
            "/notes", content="id,content\n8\n", headers={"Content-Type": "text/csv"}
        )
        assert wrong.json()["message"] == "All lines must have same number of fields"

    def test_a_form(self, rolled_back: httpx.Client) -> None:
        answer = rolled_back.post(
            "/tags", data={"name": "a b", "colour": "é"}, headers=REPRESENTATION
        )
        assert sent(answer) == (201, [{"name": "a b", "colour": "é"}])

    @pytest.mark.parametrize(
        ("path", "body", "status", "code"),
        [
            ("/tags", '{"nope": 1}', 400, "PGRST204"),
            ("/tags?columns=nope", "{}", 400, "PGRST204"),
            ("/nope", "{}", 404, "PGRST205"),
            ("/tags", "{", 400, "PGRST102"),
            ("/tags", "", 400, "PGRST102"),
            ("/tags", '[{"name": "a"}, 1]', 400, "PGRST102"),
            ("/tags", '{"name": NaN}', 400, "PGRST102"),
            ("/tags", '{"name": null}', 400, "23502"),
            ("/tags", '{"name": "maze"}', 409, "23505"),
            ("/book_tags", '{"book_id": 1, "tag": "nope"}', 409, "23503"),
            ("/books", '{"title": "x", "author_id": 1, "pages": 0}', 400, "23514"),
            ("/books", '{"title": "x", "author_id": 1, "search": "x"}', 400, "428C9"),
            ("/shelves", '{"room": 1, "number": 9, "label": "longer than ten"}', 400, "22001"),
            ("/measures", '{"id": 99999999999}', 400, "22003"),
        ],
    )
    def test_errors(
        self, rolled_back: httpx.Client, path: str, body: str, status: int, code: str
    ) -> None:
        answer = rolled_back.post(path, content=body, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (status, code)

    def test_an_unknown_content_type_is_refused(self, rolled_back: httpx.Client) -> None:
        answer = rolled_back.post("/tags", content="x", headers={"Content-Type": "text/odd"})
        assert answer.json()["message"] == "Content-Type not acceptable: text/odd"

    def test_constraints_checked_at_commit_are_answered_too(self, rest: httpx.Client) -> None:
        answer = rest.post("/deferred", json={"id": 1, "next_id": 9})
        assert (answer.status_code, answer.json()["code"]) == (409, "23503")


class TestUpsert:
    def test_merging_tells_new_rows_from_old(self, rolled_back: httpx.Client) -> None:
        wanted = prefer("resolution=merge-duplicates", "return=representation")
        both = [{"name": "maze", "colour": "red"}, {"name": "new", "colour": "x"}]
        answer = rolled_back.post("/tags", json=both, headers=wanted)
        assert sent(answer) == (201, both)
        assert answer.headers["preference-applied"] == (
            "resolution=merge-duplicates, return=representation"
        )
        assert sent(rolled_back.post("/tags", json=both[:1], headers=wanted)) == (200, both[:1])
        assert sent(rolled_back.post("/tags", json=[], headers=wanted)) == (200, [])

    def test_ignoring_returns_the_new_rows_only(self, rolled_back: httpx.Client) -> None:
        answer = rolled_back.post(
            "/tags",
            json=[{"name": "maze"}, {"name": "new"}],
            headers=prefer("resolution=ignore-duplicates", "return=representation"),
        )
        assert sent(answer) == (201, [{"name": "new", "colour": "grey"}])

    def test_the_conflict_may_be_on_another_key(self, rolled_back: httpx.Client) -> None:
        answer = rolled_back.post(
            "/books?on_conflict=title&select=id,pages",
            json={"title": "Notes", "author_id": 1, "pages": 5},
            headers=prefer("resolution=merge-duplicates", "return=representation"),
        )
        assert sent(answer) == (200, [{"id": 1, "pages": 5}])

    def test_without_a_key_the_preference_is_not_applied(self, rolled_back: httpx.Client) -> None:
        answer = rolled_back.post(
            "/notes",
            json={"id": 1, "content": "again"},
            headers=prefer("resolution=merge-duplicates", "return=minimal"),
        )
        assert sent(answer) == (201, None)
        assert answer.headers["preference-applied"] == "return=minimal"

    def test_put_inserts_or_replaces_the_one_row(self, rolled_back: httpx.Client) -> None:
        row = {"name": "maze", "colour": "red"}
        url = "/tags?name=eq.maze"
        assert sent(rolled_back.put(url, json=row)) == (204, None)
        assert sent(rolled_back.put(url, json=row, headers=REPRESENTATION)) == (200, [row])
        new = {"name": "new", "colour": "x"}
        answer = rolled_back.put("/tags?name=eq.new", json=[new], headers=REPRESENTATION)
        assert sent(answer) == (201, [new])

    @pytest.mark.parametrize(
        ("query", "status", "code"),
        [
            ("name=eq.other", 400, "PGRST115"),
            ("name=gt.maze", 405, "PGRST105"),
            ("colour=eq.red", 405, "PGRST105"),
            ("name=eq.maze&colour=eq.red", 405, "PGRST105"),
            ("and=(name.eq.maze)", 405, "PGRST105"),
            ("name=eq.maze&limit=1", 400, "PGRST114"),
        ],
    )
    def test_put_names_exactly_the_key(
        self, rolled_back: httpx.Client, query: str, status: int, code: str
    ) -> None:
        answer = rolled_back.put(f"/tags?{query}", json={"name": "maze", "colour": "red"})
        assert (answer.status_code, answer.json()["code"]) == (status, code)


class TestUpdate:
    def test_the_rows_changed_are_counted(self, rolled_back: httpx.Client) -> None:
        answer = rolled_back.patch("/books?id=lte.2", json={"pages": 1})
        assert sent(answer) == (204, None)
        assert answer.headers["content-range"] == "0-1/*"
        answer = rolled_back.patch("/books?id=eq.0", json={"pages": 1}, headers=REPRESENTATION)
        assert sent(answer) == (200, [])
        assert answer.headers["content-range"] == "*/*"

    def test_the_representation_is_of_the_new_row(self, rolled_back: httpx.Client) -> None:
        answer = rolled_back.patch(
            "/books?id=eq.1&select=title,full_title,authors(name)",
            json={"title": "Other", "author_id": 2},
            headers=prefer("return=representation", "count=exact"),
        )
        assert sent(answer) == (
            200,
            [{"title": "Other", "full_title": "Other #1", "authors": {"name": "Borges"}}],
        )
        assert answer.headers["content-range"] == "0-0/1"

    def test_an_empty_body_changes_nothing(self, rolled_back: httpx.Client) -> None:
        bodies: tuple[Any, ...] = ({}, [], [{}])
        for body in bodies:
            assert sent(rolled_back.patch("/tags", json=body)) == (204, None)
        answer = rolled_back.patch("/tags?select=name", json={}, headers=REPRESENTATION)
        assert sent(answer) == (200, [])

    def test_columns_choose_what_is_set(self, rolled_back: httpx.Client) -> None:
        answer = rolled_back.patch(
            "/tags?name=eq.maze&columns=colour",
            json={"colour": "red", "nope": 1},
            headers=REPRESENTATION,
        )
        assert sent(answer) == (200, [{"name": "maze", "colour": "red"}])

    def test_filters_may_use_logic_and_computed_columns(self, rolled_back: httpx.Client) -> None:
        answer = rolled_back.patch(
            "/books?or=(id.eq.1,id.eq.2)&full_title=like.N*&select=id",
            json={"pages": 7},
            headers=REPRESENTATION,
        )
        assert sent(answer) == (200, [{"id": 1}])

    def test_through_a_view(self, rolled_back: httpx.Client) -> None:
        answer = rolled_back.patch(
            "/book_titles?id=eq.1", json={"title": "V"}, headers=REPRESENTATION
        )
        assert sent(answer) == (200, [{"id": 1, "title": "V", "writer": 1}])


class TestDelete:
    def test_a_body_means_nothing(self, rolled_back: httpx.Client) -> None:
        answer = rolled_back.request("DELETE", "/letters?id=eq.1", json={})
        assert sent(answer) == (204, None)
        assert answer.headers["content-range"] == "*/*"

    def test_the_representation_may_embed(self, rolled_back: httpx.Client) -> None:
        answer = rolled_back.delete(
            "/letters?id=eq.1&select=subject,authors!sender_id(name)",
            headers=prefer("return=representation", "count=exact"),
        )
        assert sent(answer) == (200, [{"subject": "Hello", "authors": {"name": "Ada"}}])
        assert answer.headers["content-range"] == "*/1"


class TestBounds:
    def test_max_affected_binds_under_strict_handling(self, rest: httpx.Client) -> None:
        strict = prefer("handling=strict", "max-affected=1")
        answer = rest.patch("/letters", json={"subject": "x"}, headers=strict)
        assert (answer.status_code, answer.json()["code"]) == (400, "PGRST124")
        assert answer.json()["details"] == "The query affects 3 rows"
        kept = rest.get("/letters?select=subject&id=eq.1").json()
        assert kept == [{"subject": "Hello"}]

    def test_max_affected_is_ignored_otherwise(self, rolled_back: httpx.Client) -> None:
        answer = rolled_back.delete("/letters", headers=prefer("max-affected=1"))
        assert answer.status_code == 204
        assert "preference-applied" not in answer.headers

    def test_an_object_of_several_rows_is_refused_and_undone(self, rest: httpx.Client) -> None:
        wanted = {"Accept": "application/vnd.pgrst.object+json"}
        answer = rest.patch("/letters", json={"subject": "x"}, headers=wanted)
        assert (answer.status_code, answer.json()["code"]) == (406, "PGRST116")
        assert answer.json()["details"] == "The result contains 3 rows"
        assert rest.get("/letters?select=subject&id=eq.1").json() == [{"subject": "Hello"}]

    def test_tx_is_ignored_unless_allowed(
        self, rest: httpx.Client, rolled_back: httpx.Client
    ) -> None:
        rest.post("/notes", json={"id": 50}, headers=prefer("tx=rollback")).raise_for_status()
        assert rest.get("/notes?id=eq.50").json() == [{"id": 50, "content": None}]
        assert rolled_back.delete("/notes?id=eq.50").status_code == 204
        assert len(rest.get("/notes?id=eq.50").json()) == 1
        answer = rolled_back.delete("/notes?id=eq.50", headers=prefer("tx=commit"))
        assert answer.headers["preference-applied"] == "tx=commit"
        assert rest.get("/notes?id=eq.50").json() == []
