"""What a request leaves in the log: one line, one set of metrics, and nobody's secrets."""

import io
import json
import logging
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from functions.jobs import end_silent_streams
from limelight.data.errors import DataUnavailable
from limelight.data.system import Query
from limelight.platform.observability import logger
from limelight.streams import queries
from limelight.wallet import service as wallet
from local.services.backing import Backing
from tests.integration.api import Api
from tests.integration.ledger import GIFTS
from tests.integration.people import Fund, Person
from tests.integration.sandbox import outage


class Log:
    """Everything that was written since the test began."""

    def __init__(self, stream: io.StringIO, captured: pytest.CaptureFixture[str]) -> None:
        self._stream = stream
        self._captured = captured
        self._printed = ""

    @property
    def text(self) -> str:
        """The log lines, the metrics, and whatever else was printed."""
        out, err = self._captured.readouterr()
        self._printed += out + err
        return self._stream.getvalue() + self._printed

    def clear(self) -> None:
        _ = self.text
        self._stream.seek(0)
        self._stream.truncate()
        self._printed = ""

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._stream.getvalue().splitlines()]

    @property
    def line(self) -> dict[str, Any]:
        """The one line."""
        (line,) = self.lines
        return line

    @property
    def metrics(self) -> list[dict[str, Any]]:
        """The lines of CloudWatch's embedded metric format."""
        return [json.loads(line) for line in self.text.splitlines() if '"_aws"' in line]

    def metrics_by(self, dimension: str) -> list[dict[str, Any]]:
        """The lines of metrics that have a dimension."""
        return [line for line in self.metrics if dimension in line]


@pytest.fixture
def log(capsys: pytest.CaptureFixture[str]) -> Iterator[Log]:
    """The log from now on, with everything that any library would say at INFO."""
    stream = io.StringIO()
    (handler,) = (
        one for one in logging.getLogger("limelight").handlers
        if isinstance(one, logging.StreamHandler)
    )  # fmt: skip
    before = handler.setStream(stream)
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.INFO)
    root.addHandler(libraries := logging.StreamHandler(said := io.StringIO()))
    yield Log(stream, capsys)
    root.removeHandler(libraries)
    root.setLevel(level)
    if before is not None:
        handler.setStream(before)
    assert set(said.getvalue().split("\n")) <= {"", "request", "request failed", "job"}


# The line


def test_a_request_is_one_line_with_its_route_and_queries(
    api: Api, fan: Person, stream: str, log: Log
) -> None:
    log.clear()

    answer = api.get(f"/api/streams/{stream}", fan.token)

    line = log.line
    assert (line["message"], line["level"]) == ("request", "INFO")
    assert (line["method"], line["route"]) == ("GET", "/api/streams/{streamId}")
    assert line["status"] == 200
    assert (line.get("problem"), line.get("cause")) == (None, None)
    assert line["request_id"] == answer.headers["x-request-id"]
    assert line["function_request_id"]
    assert [run["name"] for run in line["queries"]] == ["accounts.find", "streams.get"]
    assert [run["rows"] for run in line["queries"]] == [1, 1]
    assert line["query_count"] == 2
    assert 0 < line["query_milliseconds"] < line["milliseconds"] < 5_000


def test_queries_over_rest_are_reported_as_well(api: Api, fan: Person, log: Log) -> None:
    api.get("/api/user/me", fan.token)

    names = [run["name"] for run in log.line["queries"]]
    assert names == ["accounts.find", "people.own_account_and_wallet"]
    assert all(run["milliseconds"] > 0 for run in log.line["queries"])


def test_a_refusal_is_logged_by_its_code(api: Api, log: Log) -> None:
    api.get("/api/user/me")

    line = log.line
    assert (line["level"], line["status"], line["problem"]) == (
        "INFO", 401, "authentication_required",
    )  # fmt: skip
    assert (line["route"], line["query_count"]) == ("/api/user/me", 0)


def test_a_refusal_of_the_database_is_logged_by_its_code(api: Api, fan: Person, log: Log) -> None:
    api.get(f"/api/streams/{uuid4()}", fan.token)

    assert (log.line["problem"], log.line["cause"]) == ("not_found", "LL404")


def test_an_outage_is_logged_by_its_cause_without_an_address(
    api: Api, backing: Backing, fan: Person, log: Log
) -> None:
    with outage(backing, database=True, supabase=False, keys=False):
        api.get("/api/wallet/balance", fan.token)

    line = log.line
    assert (line["status"], line["problem"]) == (503, "upstream_unavailable")
    assert line["cause"]
    assert "127.0.0.1" not in log.text
    assert "limelight_backend" not in log.text


def test_a_replay_is_a_request_like_any_other(
    api: Api, fan: Person, stream: str, fund: Fund, new_key: str, log: Log
) -> None:
    fund(fan, 10)
    log.clear()
    for _ in range(2):
        api.pay(
            f"/api/streams/{stream}/gift",
            fan.token,
            {"giftId": GIFTS["Rose"], "quantity": 1},
            new_key,
        )

    assert [line["status"] for line in log.lines] == [201, 201]
    assert [line["query_count"] for line in log.lines] == [3, 2]


# Nobody's secrets


def test_nothing_of_anybody_is_in_the_log(
    api: Api, fan: Person, admin: Person, stream: str, fund: Fund, log: Log
) -> None:
    fund(fan, 10)
    log.clear()
    marks = {name: f"mark{uuid4().hex}" for name in (
        "email", "password", "name", "display", "bio", "query", "key", "reason", "body", "token",
        "agent", "path",
    )}  # fmt: skip
    email = f"{marks['email']}@example.com"
    name = marks["name"][:20]
    unknown = uuid4()
    newcomer = {
        "email": email, "password": marks["password"], "username": name,
        "displayName": marks["display"],
    }  # fmt: skip

    answers = [
        api.post("/api/auth/signup", body=newcomer),
        api.post("/api/auth/signup", body=newcomer | {"password": ""}),
        api.get("/api/auth/check-username", username=marks["query"]),
        api.get("/api/wallet/transactions", fan.token, type=marks["query"]),
        api.get("/api/wallet/transactions", fan.token, cursor=marks["query"]),
        api.post("/api/user/update-profile", fan.token, {"bio": marks["bio"]}),
        api.post("/api/user/update-profile", fan.token, {marks["body"]: marks["body"]}),
        api.call("POST", "/api/auth/signup", raw=marks["body"].encode()),
        api.get("/api/user/me", marks["token"]),
        api.get("/api/user/me", fan.token),
        api.get(f"/api/streams/{unknown}", fan.token),
        api.get(f"/api/streams/{marks['path']}", fan.token),
        api.call("GET", "/api/streams/live", headers={"User-Agent": marks["agent"]}),
        api.pay(
            f"/api/admin/wallets/{fan.id}/adjust",
            admin.token,
            {"amount": 5, "reason": marks["reason"]},
            marks["key"],
        ),
        api.pay(
            f"/api/streams/{stream}/gift",
            fan.token,
            {"giftId": GIFTS["Rose"], "quantity": 1},
            marks["key"],
        ),
    ]

    assert {answer.status for answer in answers} == {200, 201, 400, 401, 404, 422}
    assert len(log.lines) == len(answers)
    secrets = [*marks.values(), name, email, fan.token, admin.token, fan.email, fan.username]
    ids = [str(unknown), str(fan.id), str(admin.id), stream]
    text = log.text
    assert [secret for secret in (*secrets, *ids) if secret in text] == []
    assert [part for part in fan.token.split(".") if part in text and len(part) > 60] == []


# What nobody expected


def test_an_error_that_nobody_expected_is_a_500_that_can_be_traced(
    api: Api, fan: Person, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise RuntimeError(f"the words of {fan.email}")

    monkeypatch.setattr(wallet, "balance", fail)

    answer = api.get("/api/wallet/balance", fan.token)

    assert (answer.status, answer.code) == (500, "internal_error")
    assert "words" not in answer.text
    line = log.line
    assert (line["level"], line["message"]) == ("ERROR", "request failed")
    assert (line["status"], line["route"]) == (500, "/api/wallet/balance")
    assert line["request_id"] == answer.json["instance"]
    assert line["error"] == "builtins.RuntimeError"
    assert "test_log.py" in line["stack"][-1]
    assert line["stack"][-1].endswith(" fail")
    assert "words" not in log.text
    assert fan.email not in log.text


def test_a_database_error_that_nobody_expected_tells_no_words(
    api: Api, fan: Person, stream: str, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Query("streams.get", "select 1 / (length(%(stream_id)s::text) - 36) as n")
    monkeypatch.setattr(queries, "GET", broken)

    answer = api.get(f"/api/streams/{stream}", fan.token)

    assert (answer.status, answer.code) == (500, "internal_error")
    assert "division" not in answer.text + log.text
    line = next(one for one in log.lines if one["status"] == 500)
    assert (line["problem"], line["cause"]) == ("internal_error", "22012")


def test_the_next_request_after_an_error_is_served(
    api: Api, fan: Person, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(wallet, "balance", lambda _: 1 / 0)
        assert api.get("/api/wallet/balance", fan.token).status == 500

    assert api.get("/api/wallet/balance", fan.token).status == 200


# Metrics


def test_a_request_is_one_line_of_metrics(api: Api, fan: Person, stream: str, log: Log) -> None:
    log.clear()

    api.get(f"/api/streams/{stream}", fan.token)

    (line,) = log.metrics_by("route")
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "Limelight"
    assert isinstance(line["_aws"]["Timestamp"], int)
    assert [set(dimensions) for dimensions in directive["Dimensions"]] == [
        {"route", "service"}, {"pattern", "service"}, {"service"},
    ]  # fmt: skip
    assert (line["service"], line["route"]) == ("limelight", "GET /api/streams/{streamId}")
    assert line["pattern"] == "sql"
    units = {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]}
    assert units == {
        "Requests": "Count", "Latency": "Milliseconds", "QueryTime": "Milliseconds",
        "Queries": "Count", "ServerErrors": "Count", "PoolWait": "Milliseconds",
    }  # fmt: skip
    assert (line["Requests"], line["Queries"], line["ServerErrors"]) == ([1.0], [2.0], [0.0])
    assert line["Latency"][0] > line["QueryTime"][0] > 0
    assert line["Latency"][0] > line["PoolWait"][0] == log.line["pool_milliseconds"] > 0


def test_what_speaks_rest_waits_for_no_pool(api: Api, fan: Person, log: Log) -> None:
    api.get("/api/user/me", fan.token)

    (line,) = log.metrics_by("route")
    assert line["pattern"] == "rest"
    assert "PoolWait" not in line
    assert "pool_milliseconds" not in log.line


def test_requests_do_not_share_their_metrics(api: Api, log: Log) -> None:
    api.get("/api/user/me")
    api.get("/api/streams/live")

    lines = log.metrics_by("route")
    assert [line["route"] for line in lines] == ["GET /api/user/me", "GET /api/streams/live"]
    assert [line["Requests"] for line in lines] == [[1.0], [1.0]]


def test_a_query_is_a_line_of_metrics_by_its_name(
    api: Api, fan: Person, stream: str, log: Log
) -> None:
    log.clear()

    api.get(f"/api/streams/{stream}", fan.token)

    lines = log.metrics_by("query")
    assert [line["query"] for line in lines] == ["accounts.find", "streams.get"]
    assert [line["rows"] for line in lines] == [1, 1]
    for line in lines:
        (directive,) = line["_aws"]["CloudWatchMetrics"]
        assert directive["Namespace"] == "Limelight"
        assert line["QueryLatency"][0] > 0


def test_an_answer_that_is_our_fault_is_counted(
    api: Api, backing: Backing, fan: Person, log: Log
) -> None:
    with outage(backing, database=True, supabase=False, keys=False):
        api.get("/api/wallet/balance", fan.token)

    (line,) = log.metrics_by("route")
    assert line["ServerErrors"] == [1.0]


# Jobs


def test_a_job_is_one_line_and_one_metric(backing: Backing, log: Log) -> None:
    context: Any = SimpleNamespace(
        aws_request_id="a-run", get_remaining_time_in_millis=lambda: 30_000
    )
    done = end_silent_streams.handler({}, context)["done"]

    line = log.line
    assert (line["message"], line["job"], line["done"]) == ("job", "end_silent_streams", done)
    assert (line["function_request_id"], line["query_count"]) == ("a-run", 2)
    (metrics,) = log.metrics_by("job")
    assert (metrics["job"], metrics["Done"]) == ("end_silent_streams", [float(done)])
    assert metrics["Failures"] == [0.0]


def test_a_run_of_a_job_that_fails_is_counted_and_fails(backing: Backing, log: Log) -> None:
    context: Any = SimpleNamespace(
        aws_request_id="a-run", get_remaining_time_in_millis=lambda: 30_000
    )
    with (
        outage(backing, database=True, supabase=False, keys=False),
        pytest.raises(DataUnavailable),
    ):
        end_silent_streams.handler({}, context)

    (metrics,) = log.metrics_by("job")
    (directive,) = metrics["_aws"]["CloudWatchMetrics"]
    assert (metrics["job"], metrics["Failures"]) == ("end_silent_streams", [1.0])
    assert "Done" not in metrics
    assert [set(one) for one in directive["Dimensions"]] == [{"job", "service"}, {"service"}]


def test_the_log_names_its_service(api: Api, log: Log) -> None:
    api.get("/api/streams/live")

    assert log.line["service"] == logger.service == "limelight"
