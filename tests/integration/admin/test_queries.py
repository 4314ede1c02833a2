"""GET /api/admin/queries."""

from typing import Any

import pytest

from tests.integration.api import Api
from tests.integration.people import Person

PATH = "/api/admin/queries"
KEYS = {"mean": "meanMs", "total": "totalMs", "frequent": "calls"}


def report(api: Api, admin: Person, **query: object) -> list[dict[str, Any]]:
    answer = api.get(PATH, admin.token, **query)
    assert answer.status == 200, answer.text
    shown: list[dict[str, Any]] = answer.json["queries"]
    return shown


@pytest.mark.parametrize("by", KEYS)
def test_statements_come_by_what_is_asked_for(api: Api, admin: Person, by: str) -> None:
    shown = [one[KEYS[by]] for one in report(api, admin, by=by)]

    assert shown
    assert shown == sorted(shown, reverse=True)


def test_a_statement_that_ran_is_counted(api: Api, admin: Person, stream: str) -> None:
    def calls() -> int:
        return sum(
            one["calls"]
            for one in report(api, admin, by="frequent", limit=100)
            if "from public.streams s join public.stream_stats" in one["query"]
        )

    api.get(f"/api/streams/{stream}")
    before = calls()
    for _ in range(3):
        api.get(f"/api/streams/{stream}")

    assert calls() == before + 3


def test_figures_of_a_statement_fit_together(api: Api, admin: Person) -> None:
    for one in report(api, admin, limit=50):
        assert one["calls"] >= 1
        assert 0 <= one["meanMs"] <= one["p99Ms"] <= one["maxMs"]
        assert one["totalMs"] == pytest.approx(one["meanMs"] * one["calls"], rel=0.01, abs=0.01)


def test_no_value_of_a_request_is_shown(api: Api, admin: Person, fan: Person) -> None:
    api.get("/api/wallet/balance", fan.token)

    for by in KEYS:
        texts = " ".join(one["query"] for one in report(api, admin, by=by, limit=100))
        assert str(fan.id) not in texts
        assert fan.email not in texts


def test_there_are_as_many_as_asked_for(api: Api, admin: Person) -> None:
    assert len(report(api, admin, limit=3)) == 3


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 101}, {"by": "name"}], ids=repr)
def test_what_makes_no_sense_is_refused(api: Api, admin: Person, query: dict[str, object]) -> None:
    refused = api.get(PATH, admin.token, **query)

    assert (refused.status, refused.code) == (422, "validation_failed")
