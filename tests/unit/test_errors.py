"""Every error a client can get is one of the list, wherever it is raised."""

import json
import re
from http import HTTPStatus

import pytest

from limelight.data.errors import DataError
from limelight.errors import KINDS, Problem
from limelight.http.problems import MEDIA_TYPE, TYPE_BASE, from_data_error, problem_response
from local.host.state import PROJECT

MIGRATIONS = sorted((PROJECT / "supabase" / "migrations").glob("*.sql"))
SOURCES = [
    *(PROJECT / "layers" / "common" / "limelight").rglob("*.py"),
    *(PROJECT / "functions").rglob("*.py"),
]
RAISED_IN_SQL = [
    (file.name, int(status), code)
    for file in MIGRATIONS
    for status, code in re.findall(r"private\.fail\(\s*(\d+),\s*'(\w+)'", file.read_text())
]
VERDICTS = ("banned", "blocked", "follow_required")
"""What `private.stream_access` answers and `private.require_stream_access` fails with as 403."""


@pytest.mark.parametrize("code", KINDS)
def test_every_problem_has_the_usual_form(code: str) -> None:
    response = problem_response(Problem(code), "a-request")

    body = json.loads(bytes(response.body))
    assert response.headers["content-type"] == MEDIA_TYPE
    assert body == {
        "type": f"{TYPE_BASE}{code}", "title": KINDS[code].title, "status": KINDS[code].status,
        "detail": KINDS[code].detail, "instance": "a-request", "code": code,
    }  # fmt: skip
    assert response.status_code == KINDS[code].status
    assert HTTPStatus(response.status_code).is_client_error or response.status_code in (500, 503)
    assert body["title"]
    assert body["detail"].endswith(".")


def test_a_problem_carries_its_own_members_faults_and_headers() -> None:
    problem = Problem(
        "insufficient_balance",
        detail="More coins.",
        extra={"required": 5, "available": 2},
        errors=({"pointer": "/quantity", "detail": "Too many"},),
        retry_after=3,
    )

    response = problem_response(problem, "a-request")

    body = json.loads(bytes(response.body))
    assert (body["required"], body["available"], body["detail"]) == (5, 2, "More coins.")
    assert body["errors"] == [{"pointer": "/quantity", "detail": "Too many"}]
    assert response.headers["retry-after"] == "3"


def test_the_database_raises_business_errors() -> None:
    assert len(RAISED_IN_SQL) >= 15


@pytest.mark.parametrize(
    ("file", "status", "code"), RAISED_IN_SQL, ids=[f"{f}:{c}" for f, _, c in RAISED_IN_SQL]
)
def test_a_code_that_the_database_raises_is_known_with_its_status(
    file: str, status: int, code: str
) -> None:
    assert KINDS[code].status == status
    assert from_data_error(DataError(f"LL{status}", code)).code == code


@pytest.mark.parametrize("code", VERDICTS)
def test_every_verdict_on_access_is_known_as_a_403(code: str) -> None:
    assert KINDS[code].status == 403


def test_every_code_raised_in_python_is_known() -> None:
    raised = {
        code for file in SOURCES for code in re.findall(r'Problem\(\s*"(\w+)"', file.read_text())
    }

    assert len(raised) > 10
    assert raised <= KINDS.keys()


@pytest.mark.parametrize(
    ("sqlstate", "code", "status"),
    [
        ("23505", "conflict", 409),
        ("42501", "forbidden", 403),
        ("40001", "upstream_unavailable", 503),
        ("40P01", "upstream_unavailable", 503),
        ("55P03", "upstream_unavailable", 503),
        ("57014", "deadline_exceeded", 503),
        ("PGRST301", "token_invalid", 401),
        ("PGRST303", "token_expired", 401),
        ("23514", "internal_error", 500),
        ("42P01", "internal_error", 500),
        ("XX000", "internal_error", 500),
        ("", "internal_error", 500),
        ("auth:unexpected_failure", "internal_error", 500),
    ],
)
def test_a_refusal_of_the_database_is_told_without_its_words(
    sqlstate: str, code: str, status: int
) -> None:
    told = from_data_error(DataError(sqlstate, "relation secrets of nova@example.com", "row (7)"))

    assert (told.code, told.status) == (code, status)
    assert "nova" not in bytes(problem_response(told, "r").body).decode()
    assert ("Retry-After" in told.headers) == (status == 503)
    assert ("WWW-Authenticate" in told.headers) == (status == 401)


@pytest.mark.parametrize("message", ["no such code", "", "KINDS"])
def test_a_business_error_that_nobody_knows_is_ours(message: str) -> None:
    assert from_data_error(DataError("LL409", message)).code == "internal_error"


@pytest.mark.parametrize("detail", ["", "[]", "null", '"nova"', "7"])
def test_a_detail_that_is_no_object_adds_nothing(detail: str) -> None:
    assert from_data_error(DataError("LL404", "not_found", detail)).extra == {}


@pytest.mark.parametrize(
    ("status", "code", "retry_after"), [(429, "slow_mode", "7"), (403, "timed_out", None)]
)
def test_whoever_is_too_fast_is_told_when_to_come_back(
    status: int, code: str, retry_after: str | None
) -> None:
    told = from_data_error(DataError(f"LL{status}", code, '{"remainingSeconds": 7}'))

    assert told.extra == {"remainingSeconds": 7}
    assert told.headers.get("Retry-After") == retry_after
