"""What is watched is what the code tells, and every alarm says what to do."""

import ast
import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final, NamedTuple

import pytest

from limelight.http import Pattern
from limelight.platform.observability import SERVICE
from local.facts.endpoints import HttpFunction, functions
from local.host.state import PROJECT
from tests.rules import template

ALARMS: Final = template.resources("AWS::CloudWatch::Alarm")
OPERATIONS: Final = PROJECT / "docs" / "operations.md"
OWN: Final = "Limelight/${Stage}"
VARIABLE: Final = re.compile(r"\$\{([^}]+)\}")
SEARCH: Final = re.compile(r"SEARCH\('\{([^,]+),([^}]+)\} MetricName=\"(\w+)\"'")


class Watched(NamedTuple):
    """One of the product's own metrics, as an alarm or the dashboard names it."""

    where: str
    metric: str
    dimensions: tuple[tuple[str, str | None], ...]


def test_every_alarm_tells_somebody_when_it_begins_and_when_it_ends() -> None:
    topic = {"If": ["MakesAlarmTopic", {"Ref": "AlarmTopic"}, {"Ref": "AlarmTopicArn"}]}

    for alarm in ALARMS.values():
        assert alarm["AlarmActions"] == alarm["OKActions"] == [topic]
        assert alarm["AlarmDescription"]


@pytest.mark.parametrize("alarm", ALARMS)
def test_every_alarm_has_its_chapter(alarm: str) -> None:
    chapters = re.findall(r"^#+ `(\w+)`$", OPERATIONS.read_text(), re.MULTILINE)

    assert chapters.count(alarm) == 1


def test_no_chapter_is_of_an_alarm_that_is_gone() -> None:
    chapters = re.findall(r"^#+ `(\w+Alarm)`$", OPERATIONS.read_text(), re.MULTILINE)

    assert set(chapters) == set(ALARMS)


def test_the_dashboard_shows_every_alarm() -> None:
    (shown,) = (one["properties"]["alarms"] for one in _widgets() if one["type"] == "alarm")

    assert shown == [f"${{{alarm}.Arn}}" for alarm in ALARMS]


def test_the_dashboard_has_no_two_graphs_in_one_place() -> None:
    places = [
        (x, y)
        for one in _widgets()
        for x in range(one["x"], one["x"] + one["width"])
        for y in range(one["y"], one["y"] + one["height"])
    ]

    assert len(places) == len(set(places))
    assert max(x for x, _ in places) < 24


def test_what_is_watched_is_emitted_by_the_code() -> None:
    names, dimension_sets = _emitted()
    watched = [*_alarmed(), *_graphed()]

    assert {one.metric for one in watched} >= {"ServerErrors", "PoolWait", "OutboxLag", "Failures"}
    assert [one for one in watched if one.metric not in names] == []
    assert [
        one for one in watched if {name for name, _ in one.dimensions} not in dimension_sets
    ] == []


def test_what_is_watched_is_there_to_be_watched() -> None:
    known: dict[str, set[str | None]] = {
        "service": {SERVICE, None},
        "pattern": {pattern.value for pattern in Pattern},
        "job": {one.action for one in functions() if not isinstance(one, HttpFunction)} | {None},
        "route": {None},
        "query": {None},
    }

    for one in [*_alarmed(), *_graphed()]:
        assert [value for name, value in one.dimensions if value not in known[name]] == [], one


def test_each_stage_has_metrics_of_its_own() -> None:
    shared = template.template()["Globals"]["Function"]["Environment"]["Variables"]

    assert shared["POWERTOOLS_METRICS_NAMESPACE"] == {"Sub": OWN}


def _alarmed() -> Iterator[Watched]:
    for name, alarm in ALARMS.items():
        if alarm.get("Namespace") == {"Sub": OWN}:
            dimensions = ((one["Name"], one["Value"]) for one in alarm["Dimensions"])
            yield Watched(name, alarm["MetricName"], tuple(dimensions))
        else:
            assert alarm.get("Namespace", "AWS/").startswith("AWS/"), name


def _graphed() -> Iterator[Watched]:
    for widget in _widgets():
        if widget["type"] != "metric":
            continue
        title = widget["properties"]["title"]
        for first, *others in widget["properties"]["metrics"]:
            if isinstance(first, dict):
                found = SEARCH.match(first["expression"])
                assert found, title
                assert found[1] == OWN
                yield Watched(title, found[3], tuple((one, None) for one in found[2].split(",")))
            elif first == OWN:
                name, *pairs = [one for one in others if isinstance(one, str)]
                yield Watched(title, name, tuple(zip(pairs[::2], pairs[1::2], strict=True)))
            else:
                assert first.startswith("AWS/"), title


@lru_cache(maxsize=1)
def _widgets() -> list[dict[str, Any]]:
    (dashboard,) = template.resources("AWS::CloudWatch::Dashboard").values()
    body = dashboard["DashboardBody"]["Sub"]
    known = {*template.template()["Resources"], "AWS::Region", "Stage"}
    assert {name.partition(".")[0] for name in VARIABLE.findall(body)} <= known
    widgets: list[dict[str, Any]] = json.loads(body)["widgets"]
    return widgets


@lru_cache(maxsize=1)
def _emitted() -> tuple[set[str], list[set[str]]]:
    """The names of the metrics that the code adds, and the sets of dimensions that it adds."""
    names: set[str] = set()
    sets: list[set[str]] = []
    for path in (PROJECT / "layers" / "common" / "limelight").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            called = called or (node.func.id if isinstance(node.func, ast.Name) else "")
            given = {one.arg: one.value for one in node.keywords if one.arg}
            first = given.get("name") or (node.args[0] if node.args else None)
            said = first.value if isinstance(first, ast.Constant) else None
            if called in ("add_metric", "single_metric") and isinstance(said, str):
                names.add(said)
            elif called == "add_dimension" and isinstance(said, str):
                sets.append({said, "service"})  # Powertools adds the service to the first set
            elif called == "add_dimensions":
                sets.append({name for name in given if name})
    return names, sets
