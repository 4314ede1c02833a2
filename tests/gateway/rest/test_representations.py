"""Types that have a form of their own in JSON and in the query: casts of a domain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx

REPRESENTATION = {"Prefer": "return=representation"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("/parcels?select=id,weight&id=lt.3", [(1, "250 g"), (2, "1500 g")]),
        ("/parcels?select=id,weight:weight&weight=gt.1kg", [(2, "1500 g")]),
        ("/parcels?select=id,weight&weight=in.(0.25kg,7kg)", [(1, "250 g")]),
        ("/parcels?select=id,weight&or=(weight.eq.1.5kg,id.eq.1)&order=weight", [(1, "250 g")]),
        ("/heavy_parcels?id=eq.1&select=id,weight:doubled", [(1, "500 g")]),
        ("/books?select=id,...parcels(weight)&id=eq.1", [(1, ["250 g"])]),
    ],
)
def test_values_are_shown_and_compared_in_their_form(
    rest: httpx.Client, query: str, expected: list[tuple[int, Any]]
) -> None:
    found = [(row["id"], row["weight"]) for row in rest.get(query).json()]
    assert found[: len(expected)] == expected


def test_all_columns_and_embeds_show_the_form(rest: httpx.Client) -> None:
    answer = rest.get("/parcels?id=eq.1")
    assert answer.json() == [{"id": 1, "weight": "250 g", "book_id": 1}]
    answer = rest.get("/books?select=parcels(*)&id=eq.2")
    assert answer.json() == [{"parcels": [{"id": 2, "weight": "1500 g", "book_id": 2}]}]


def test_written_values_are_read_in_their_form(rolled_back: httpx.Client) -> None:
    answer = rolled_back.post(
        "/parcels?select=id,weight", json={"id": 9, "weight": "7 g"}, headers=REPRESENTATION
    )
    assert answer.json() == [{"id": 9, "weight": "7 g"}]
    answer = rolled_back.patch(
        "/heavy_parcels?id=lt.3&columns=weight",
        json={"weight": "8 g", "doubled": "no weight"},
        headers=REPRESENTATION,
    )
    assert [row["doubled"] for row in answer.json()] == ["16 g", "16 g"]
    answer = rolled_back.post(
        "/parcels?columns=id,weight&select=weight",
        json=[{"id": 9}],
        headers={"Prefer": "return=representation, missing=default"},
    )
    assert answer.json() == [{"weight": "100 g"}]
