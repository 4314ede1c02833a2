"""Functions: overloads, arguments, what they return, what they say of the response."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/rpc/add_them?a=1&b=2", 3),
        ("/rpc/add_them?a=1", 11),
        ("/rpc/numbers_to?top=3", [1, 2, 3]),
        ("/rpc/pairs?y=eq.b", [{"x": 2, "y": "b"}]),
        ("/rpc/in_out?a=2&b=3", {"b": 5, "c": 6}),
        ("/rpc/one_book?wanted=1&select=title", {"title": "Notes"}),
        ("/rpc/all_books?select=title&order=title&limit=1", [{"title": "El Aleph"}]),
        ("/rpc/all_books?select=id&title=like.N*", [{"id": 1}]),
        (
            "/rpc/all_books?select=id,authors(name),tags(name)&id=eq.1",
            [{"id": 1, "authors": {"name": "Ada"}, "tags": [{"name": "maths"}]}],
        ),
        ("/rpc/all_books?select=id,authors()&authors.name=eq.Ada&authors=not.is.null", [{"id": 1}]),
        ("/rpc/all_books?select=full_title&id=eq.1", [{"full_title": "Notes #1"}]),
        ("/rpc/join_words?words=a&words=b,c", "a-b,c"),
        ("/rpc/pick?a=5", 5),
        ("/rpc/pick?a=5&b=6", 11),
    ],
)
def test_called_by_get(rest: httpx.Client, path: str, expected: Any) -> None:
    answer = rest.get(path)
    assert (answer.status_code, answer.json()) == (200, expected)


def test_called_by_post_with_json(rest: httpx.Client) -> None:
    body = b'{"a": 1.10, "b": ["x", "y,z"], "c": {"n": 12345678901234567890.5}}'
    answer = rest.post(
        "/rpc/echo_arguments", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.text == '{"a": 1.10, "b": ["x", "y,z"], "c": {"n": 12345678901234567890.5}}'
    assert rest.post("/rpc/add_them", json=[{"a": 1, "b": 1}, {"a": 9, "b": 9}]).json() == 2
    assert rest.post("/rpc/join_words", json={"words": ["a", "b"]}).json() == "a-b"
    assert rest.post("/rpc/add_them?columns=a", json={"a": 1, "x": 2}).json() == 11


def test_called_by_post_with_a_form(rest: httpx.Client) -> None:
    assert rest.post("/rpc/add_them", data={"a": "1", "b": "4"}).json() == 5


def test_one_unnamed_parameter_takes_the_whole_body(rest: httpx.Client) -> None:
    def post(function: str, content: bytes, media: str) -> Any:
        headers = {"Content-Type": media}
        return rest.post(f"/rpc/{function}", content=content, headers=headers)

    assert post("echo_json", b'{"b":1.10,"a":2}', "application/json").text == '{"b":1.10,"a":2}'
    assert post("echo_text", b"hi", "text/plain").json() == "hi"
    assert post("echo_bytes", b"\x00\xff\x01", "application/octet-stream").json() == 3
    wrong = post("add_them", b"hi", "text/plain")
    assert wrong.json()["details"] == (
        "Searched for the function api.add_them with a single unnamed text parameter, but no "
        "matches were found in the schema cache."
    )


def test_nothing_returned_is_204(rest: httpx.Client) -> None:
    answer = rest.post("/rpc/no_result", json={})
    assert (answer.status_code, answer.content) == (204, b"")
    assert "content-type" not in answer.headers


def test_only_post_may_write(rest: httpx.Client, rolled_back: httpx.Client) -> None:
    answer = rest.get("/rpc/write_note?content=x")
    assert (answer.status_code, answer.json()["code"]) == (405, "25006")
    written = rolled_back.post("/rpc/write_note?select=content", json={"content": "x"})
    assert written.json() == [{"content": "x"}]


def test_pages_and_counts_as_a_table_does(rest: httpx.Client) -> None:
    answer = rest.get("/rpc/all_books?limit=2&offset=1", headers={"Prefer": "count=exact"})
    assert (answer.status_code, answer.headers["content-range"]) == (206, "1-2/4")
    head = rest.head("/rpc/all_books?id=gt.1", headers={"Prefer": "count=exact"})
    assert (head.headers["content-range"], head.content) == ("0-2/3", b"")


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "PUT"])
def test_other_methods_are_refused(rest: httpx.Client, method: str) -> None:
    answer = rest.request(method, "/rpc/add_them")
    assert (answer.status_code, answer.json()["code"]) == (405, "PGRST101")


def test_an_unknown_function_is_said_with_a_hint(rest: httpx.Client) -> None:
    answer = rest.get("/rpc/whoamy")
    assert answer.status_code == 404
    assert answer.json() == {
        "code": "PGRST202",
        "message": (
            "Could not find the function api.whoamy without parameters in the schema cache"
        ),
        "details": (
            "Searched for the function api.whoamy without parameters, but no matches were found in "
            "the schema cache."
        ),
        "hint": "Perhaps you meant to call the function api.whoami",
    }


def test_unknown_arguments_are_said_with_the_known_ones(rest: httpx.Client) -> None:
    answer = rest.post("/rpc/add_them", json={"a": 1, "bb": 2})
    assert answer.json()["message"] == (
        "Could not find the function api.add_them(a, bb) in the schema cache"
    )
    assert answer.json()["hint"] == "Perhaps you meant to call the function api.add_them(a, b)"
    assert "or with a single unnamed json/jsonb parameter" in answer.json()["details"]


def test_overloads_that_both_fit_are_listed(rest: httpx.Client) -> None:
    answer = rest.get("/rpc/twice?a=1")
    assert (answer.status_code, answer.json()["code"]) == (300, "PGRST203")
    assert answer.json()["message"] == (
        "Could not choose the best candidate function between: "
        "api.twice(a => integer), api.twice(a => text)"
    )


def test_max_affected_needs_a_set(rest: httpx.Client) -> None:
    headers = {"Prefer": "handling=strict,max-affected=1"}
    assert rest.post("/rpc/no_result", json={}, headers=headers).json()["code"] == "PGRST128"
    assert rest.post("/rpc/all_books", json={}, headers=headers).json()["code"] == "PGRST124"


def test_a_status_lasts_no_longer_than_its_request(rest: httpx.Client) -> None:
    assert rest.post("/rpc/lasting_status").status_code == 202
    # The same connection serves the next requests: one client waits for one at a time.
    assert [rest.get("/tags").status_code for _ in range(5)] == [200] * 5


def test_a_function_may_set_the_status_and_headers(rest: httpx.Client) -> None:
    answer = rest.post("/rpc/teapot", json={})
    assert (answer.status_code, answer.json()) == (418, "short")
    assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert answer.headers["x-pot"] == "tea"
    assert rest.post("/rpc/bad_headers", json={}).json()["code"] == "PGRST111"
    assert rest.post("/rpc/bad_status", json={}).json()["code"] == "PGRST112"


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("P0001", 400),
        ("PT402", 402),
        ("PT4XX", 500),
        ("23505", 409),
        ("22012", 400),
        ("42501", 401),
        ("40001", 500),
        ("53300", 503),
        ("54001", 500),
        ("0L000", 403),
        ("28000", 403),
        ("HV000", 500),
        ("P0004", 500),
        ("42P17", 500),
        ("AB123", 400),
    ],
)
def test_errors_raised_become_statuses(rest: httpx.Client, state: str, status: int) -> None:
    answer = rest.post("/rpc/complain", json={"state": state})
    assert answer.status_code == status
    assert answer.json() == {"code": state, "message": "No", "details": "Because", "hint": "Ask"}


def test_raise_pgrst_writes_the_response(rest: httpx.Client) -> None:
    answer = rest.post(
        "/rpc/complain_freely",
        json={
            "message": '{"code": "9", "message": "m", "details": "d"}',
            "detail": '{"status": 451, "headers": {"X-A": "b"}}',
        },
    )
    assert (answer.status_code, answer.headers["x-a"]) == (451, "b")
    assert answer.json() == {"code": "9", "message": "m", "details": "d", "hint": None}


@pytest.mark.parametrize(
    ("arguments", "details"),
    [
        ({"message": "x"}, "Invalid JSON value for MESSAGE: 'x'"),
        ({"message": '{"code":"1","message":""}'}, "DETAIL is missing in the RAISE statement"),
        (
            {"message": '{"code":"1","message":""}', "detail": "x"},
            "Invalid JSON value for DETAIL: 'x'",
        ),
    ],
)
def test_raise_pgrst_must_be_json(
    rest: httpx.Client, arguments: dict[str, str], details: str
) -> None:
    answer = rest.post("/rpc/complain_freely", json=arguments)
    assert (answer.status_code, answer.json()["code"]) == (500, "PGRST121")
    assert answer.json()["details"] == details
