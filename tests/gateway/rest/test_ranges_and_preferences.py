"""Which rows, how many there are, and what else the client prefers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from local.gateway.rest import RestGateway
from tests.gateway.rest.conftest import serve

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.gateway.settings import GatewaySettings


@pytest.mark.parametrize(
    ("query", "headers", "status", "content_range"),
    [
        ("", {}, 200, "0-3/*"),
        ("limit=2", {}, 200, "0-1/*"),
        ("limit=2&offset=1", {}, 200, "1-2/*"),
        ("offset=-3", {}, 200, "0-3/*"),
        ("limit=0", {}, 200, "*/*"),
        ("offset=9", {}, 200, "*/*"),
        ("", {"Range": "1-2"}, 200, "1-2/*"),
        ("", {"Range": "1-"}, 200, "1-3/*"),
        ("limit=3", {"Range": "0-1"}, 200, "0-1/*"),
        ("", {"Range": "rows"}, 200, "0-3/*"),
        ("", {"Prefer": "count=exact"}, 200, "0-3/4"),
        ("id=eq.0", {"Prefer": "count=exact"}, 200, "*/0"),
        ("limit=2", {"Prefer": "count=exact"}, 206, "0-1/4"),
        ("offset=4", {"Prefer": "count=exact"}, 206, "*/4"),
        ("offset=5", {"Prefer": "count=exact"}, 416, "*/4"),
        ("", {"Prefer": "count=estimated"}, 200, "0-3/4"),
        ("", {"Prefer": "count=none"}, 200, "0-3/*"),
    ],
)
def test_ranges(
    rest: httpx.Client, query: str, headers: dict[str, str], status: int, content_range: str
) -> None:
    answer = rest.get(f"/books?{query}", headers=headers)
    assert (answer.status_code, answer.headers["content-range"]) == (status, content_range)


def test_a_planned_count_is_the_planners(
    rest: httpx.Client, execute: Callable[[str], None]
) -> None:
    execute("analyze api.letters")
    answer = rest.get("/letters?id=gt.1", headers={"Prefer": "count=planned"})
    assert answer.headers["content-range"] == "0-1/2"


@pytest.mark.parametrize(
    ("query", "headers", "details"),
    [
        ("limit=-1", {}, "Limit should be greater than or equal to zero."),
        (
            "",
            {"Range": "2-1"},
            (
                "The lower boundary must be lower than or equal to the upper boundary in the Range "
                "header."
            ),
        ),
        (
            "offset=9",
            {"Prefer": "count=exact"},
            "An offset of 9 was requested, but there are only 4 rows.",
        ),
    ],
)
def test_ranges_that_cannot_be(
    rest: httpx.Client, query: str, headers: dict[str, str], details: str
) -> None:
    answer = rest.get(f"/books?{query}", headers=headers)
    assert answer.status_code == 416
    assert answer.json() == {
        "code": "PGRST103",
        "details": details,
        "hint": None,
        "message": "Requested range not satisfiable",
    }


def test_the_range_header_is_for_get_alone(rest: httpx.Client) -> None:
    assert rest.head("/books", headers={"Range": "1-2"}).headers["content-range"] == "0-3/*"


def test_no_more_than_max_rows_come(
    database_url: str, make_settings: Callable[..., GatewaySettings]
) -> None:
    gateway = RestGateway(make_settings(database_url, max_rows=2))
    with serve(gateway) as url, httpx.Client(base_url=f"{url}/rest/v1") as rest:
        assert len(rest.get("/books").json()) == 2
        assert len(rest.get("/books?limit=3").json()) == 2
        assert rest.get("/books?limit=0").json() == []
        assert len(rest.get("/rpc/all_books").json()) == 2
        embedded = rest.get("/tags?select=books(id)&name=eq.maze").json()
        assert len(embedded[0]["books"]) == 2
        counted = rest.get("/books", headers={"Prefer": "count=exact"})
        assert (counted.status_code, counted.headers["content-range"]) == (206, "0-1/4")
        written = rest.patch(
            "/letters?id=lte.3", json={"id": None}, headers={"Prefer": "return=representation"}
        )
        assert written.json()["code"] == "23502"


def test_an_object_is_exactly_one_row(rest: httpx.Client) -> None:
    wanted = {"Accept": "application/vnd.pgrst.object+json"}
    answer = rest.get("/tags?name=eq.maze", headers=wanted)
    assert answer.json() == {"name": "maze", "colour": "blue"}
    assert answer.headers["content-type"] == "application/vnd.pgrst.object+json; charset=utf-8"
    for query, count in (("name=eq.x", 0), ("", 3)):
        refused = rest.get(f"/tags?{query}", headers=wanted)
        assert refused.status_code == 406
        assert refused.json()["details"] == f"The result contains {count} rows"


def test_the_time_zone(rest: httpx.Client) -> None:
    def added(zone: str) -> Any:
        return rest.get("/books?select=added&id=eq.1", headers={"Prefer": f"timezone={zone}"})

    there = added("America/Los_Angeles")
    assert there.json() == [{"added": "2019-12-31T16:00:00-08:00"}]
    assert there.headers["preference-applied"] == "timezone=America/Los_Angeles"
    nowhere = added("Nowhere/Else")
    assert (nowhere.status_code, nowhere.json()["code"]) == (400, "22023")


def test_strict_handling_refuses_what_is_unknown(rest: httpx.Client) -> None:
    answer = rest.get("/tags", headers={"Prefer": "handling=strict, odd, count=maybe"})
    assert answer.json() == {
        "code": "PGRST122",
        "details": "Invalid preferences: odd, count=maybe",
        "hint": None,
        "message": "Invalid preferences given with handling=strict",
    }
    assert rest.get("/tags", headers={"Prefer": "odd"}).status_code == 200


def test_preferences_applied_stand_in_order(rest: httpx.Client) -> None:
    wanted = "timezone=UTC, handling=strict, count=exact, return=minimal, max-affected=9"
    answer = rest.patch("/letters?id=eq.0", json={"subject": "x"}, headers={"Prefer": wanted})
    assert answer.headers["preference-applied"] == (
        "return=minimal, count=exact, handling=strict, timezone=UTC, max-affected=9"
    )
