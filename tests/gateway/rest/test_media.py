"""Media types: the built-in ones, and those a database defines."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from local.gateway.rest.media import MediaType, parse_accept, parse_media_type

if TYPE_CHECKING:
    import httpx


def accept(media: str) -> dict[str, str]:
    return {"Accept": media}


def test_csv(rest: httpx.Client) -> None:
    answer = rest.get("/measures?select=id,odd name&order=id", headers=accept("text/csv"))
    assert answer.text == 'id,odd name\n1,"a,b"\n2,"say ""hi"""\n3,'
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"


@pytest.mark.parametrize(
    ("wanted", "body"),
    [
        ("application/vnd.pgrst.array+json;nulls=stripped", [{"id": 3, "large": 0}]),
        ("application/vnd.pgrst.object+json;nulls=stripped", {"id": 3, "large": 0}),
    ],
)
def test_nulls_can_be_stripped(rest: httpx.Client, wanted: str, body: object) -> None:
    answer = rest.get("/measures?id=eq.3", headers=accept(wanted))
    assert answer.json() == body
    assert answer.headers["content-type"] == f"{wanted}; charset=utf-8"


def test_an_aggregate_of_the_database_makes_a_media_type(rest: httpx.Client) -> None:
    answer = rest.get("/tags?order=name", headers=accept("text/html"))
    assert answer.text == "<li>maths</li><li>maze</li><li>travel</li>"
    assert answer.headers["content-type"] == "text/html"
    assert rest.get("/tags?select=name", headers=accept("text/html")).status_code == 406


def test_a_function_may_return_a_media_type(rest: httpx.Client) -> None:
    page = rest.get("/rpc/page", headers=accept("text/html"))
    assert (page.text, page.headers["content-type"]) == ("<h1>hi</h1>", "text/html")
    pixel = rest.get("/rpc/pixel", headers=accept("image/png, image/gif;q=0.5"))
    assert (pixel.content, pixel.headers["content-type"]) == (b"GIF", "image/gif")


@pytest.mark.parametrize("wanted", ["text/x", "application/octet-stream", "text/plain"])
def test_other_types_are_refused(rest: httpx.Client, wanted: str) -> None:
    answer = rest.get("/tags", headers=accept(wanted))
    assert answer.status_code == 406
    assert answer.json()["message"] == f"None of these media types are available: {wanted}"


def test_the_first_acceptable_type_is_taken(rest: httpx.Client) -> None:
    answer = rest.get("/tags", headers=accept("text/x, text/csv;q=0.5, application/json;q=0.4"))
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert rest.get("/tags", headers=accept("text/x, */*")).status_code == 200


def test_plans_are_off_by_default(rest: httpx.Client, rolled_back: httpx.Client) -> None:
    wanted = "application/vnd.pgrst.plan+json; options=verbose|analyze"
    assert rest.get("/tags", headers=accept(wanted)).json()["code"] == "PGRST107"
    answer = rolled_back.get("/tags", headers=accept(wanted))
    assert answer.json()[0]["Plan"]["Node Type"] == "Aggregate"
    assert answer.headers["content-type"] == (
        'application/vnd.pgrst.plan+json; for="application/json"; options=analyze|verbose; '
        "charset=utf-8"
    )
    text = rolled_back.post(
        "/tags", json={"name": "x"}, headers=accept("application/vnd.pgrst.plan")
    )
    assert text.text.startswith("Aggregate")


def test_accept_is_ranked_by_quality_then_precision() -> None:
    found = parse_accept("*/*;q=0.1, text/csv;q=0.9, text/xml;q=0.9;level=1, image/png")
    assert [item.name for item in found] == ["image/png", "text/xml", "text/csv", "*/*"]


def test_vendor_types_without_nulls_are_the_plain_ones() -> None:
    assert parse_media_type("application/vnd.pgrst.array+json") == MediaType("application/json")
    assert parse_media_type("application/vnd.pgrst.object").is_object


def test_the_root_describes_what_may_be_seen(rest: httpx.Client) -> None:
    answer = rest.get("/")
    assert answer.headers["content-type"] == "application/openapi+json; charset=utf-8"
    document = answer.json()
    assert "/books" in document["paths"]
    assert "/rpc/add_them" in document["paths"]
    assert "/vault" not in document["paths"]
    assert document["definitions"]["tags"]["required"] == ["name", "colour"]
    assert rest.get("/", headers=accept("text/csv")).status_code == 406


def test_the_description_tells_types_keys_and_arguments(rest: httpx.Client) -> None:
    document = rest.get("/").json()
    assert document["definitions"]["profiles"]["properties"]["author_id"] == {
        "type": "integer",
        "format": "int64",
        "description": (
            "Note:\nThis is a Primary Key.<pk/>\n"
            "This is a Foreign Key to `authors.id`.<fk table='authors' column='id'/>"
        ),
    }
    books = document["definitions"]["books"]["properties"]
    assert books["price"] == {"type": "number", "format": "numeric", "default": 1.1}
    assert books["words"] == {"type": "array", "format": "text[]", "items": {"type": "string"}}
    assert books["facts"] == {"format": "json"}
    publishers = document["paths"]["/publishers"]
    assert publishers["get"]["summary"] == "Who prints"
    assert publishers["post"]["parameters"] == [
        {"$ref": "#/parameters/body.publishers"},
        {"$ref": "#/parameters/select"},
        {"$ref": "#/parameters/preferPost"},
    ]
    assert set(document["paths"]["/author_cards"]) == {"get"}
    assert set(document["paths"]["/rpc/write_note"]) == {"post"}
    assert document["paths"]["/rpc/join_words"]["get"]["parameters"] == [
        {
            "name": "words",
            "in": "query",
            "required": True,
            "type": "array",
            "collectionFormat": "multi",
            "items": {"type": "string", "format": "text"},
        }
    ]
    for reference in re.findall(r'"#/(.*?)"', json.dumps(document)):
        kind, _, name = reference.partition("/")
        assert name in document[kind]


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/", "OPTIONS,GET,HEAD"),
        ("/books", "OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE"),
        ("/notes", "OPTIONS,GET,HEAD,POST,PATCH,DELETE"),
        ("/author_cards", "OPTIONS,GET,HEAD"),
        ("/rpc/add_them", "OPTIONS,GET,HEAD,POST"),
        ("/rpc/write_note", "OPTIONS,POST"),
    ],
)
def test_options_say_what_is_allowed(rest: httpx.Client, path: str, allowed: str) -> None:
    answer = rest.options(path)
    assert (answer.status_code, answer.headers["allow"]) == (200, allowed)


def test_methods_nobody_knows_are_refused(rest: httpx.Client) -> None:
    answer = rest.request("BREW", "/books")
    assert (answer.status_code, answer.json()["code"]) == (405, "PGRST117")
