"""What the template makes of the gateway, of concurrency, of deployments and of jobs that fail."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest
from samtranslator.model import apigateway

from limelight.errors import KINDS
from limelight.http import Pattern
from limelight.http.problems import MEDIA_TYPE, TYPE_BASE
from limelight.platform.settings import KernelSettings
from local.facts.endpoints import Function, HttpFunction, functions, http_functions
from local.host.state import PROJECT
from tests.rules import template
from tests.rules.transformed import transformed

STACK_LIMIT: Final = 500
"""CloudFormation's: resources of one stack."""
ACCOUNT_LIMIT: Final = 1_000
"""Lambda's, of an account unless it asks for more: calls at once."""
UNRESERVED: Final = 100
"""Lambda's: what has to be left of that for functions that reserve nothing."""
SPARE_SLOTS: Final = 20
"""Of the pooler's, for the sandboxes of a version that is being replaced, and for people."""
JOINS: Final = {"streams/join", "shows/join"}
"""What people wait for who come in together."""
LOGGED: Final = {
    *("requestId", "xrayTraceId", "requestTimeEpoch", "httpMethod", "resourcePath", "status"),
    *("error.responseType", "responseLatency", "responseLength"),
    *("integration.requestId", "integration.latency", "integration.status"),
}
"""What the gateway may log of a request: nothing that its caller chose but method and route."""


def by_name(function: Function) -> str:
    return function.name


def is_money(function: Function) -> bool:
    return isinstance(function, HttpFunction) and function.router.pattern is Pattern.MONEY


def holds_slot(function: Function) -> bool:
    """Whether its sandboxes hold connections to the pooler."""
    if isinstance(function, HttpFunction):
        return function.router.pattern in (Pattern.SQL, Pattern.MONEY)
    return True


def properties(function: Function) -> dict[str, Any]:
    return template.functions()[function.logical_id]


def api() -> dict[str, Any]:
    return template.resources("AWS::Serverless::Api")["Api"]


# The gateway


def test_every_method_that_moves_coins_is_throttled_tighter_than_the_others() -> None:
    everything, *money = api()["MethodSettings"]

    assert (everything["HttpMethod"], everything["ResourcePath"]) == ("*", "/*")
    assert sorted((one["HttpMethod"], one["ResourcePath"]) for one in money) == sorted(
        (one.method, "/" + one.path.replace("/", "~1")) for one in http_functions() if is_money(one)
    )
    for one in money:
        assert one["ThrottlingRateLimit"] == {"Ref": "MoneyRateLimit"}
        assert one["ThrottlingBurstLimit"] == {"Ref": "MoneyBurstLimit"}


def test_money_is_throttled_tighter_by_default() -> None:
    parameters = template.template()["Parameters"]

    assert parameters["MoneyRateLimit"]["Default"] < parameters["ApiRateLimit"]["Default"]
    assert parameters["MoneyBurstLimit"]["Default"] < parameters["ApiBurstLimit"]["Default"]


@pytest.mark.parametrize("refusal", api()["GatewayResponses"])
def test_the_gateways_own_answers_are_problems_like_the_functions(refusal: str) -> None:
    answer = api()["GatewayResponses"][refusal]
    (body,) = answer["ResponseTemplates"].values()
    problem = json.loads(body)
    kind = KINDS[problem["code"]]

    assert list(answer["ResponseTemplates"]) == ["application/json"], "the key that is looked up"
    assert answer["ResponseParameters"]["Headers"]["Content-Type"] == f"'{MEDIA_TYPE}'"
    assert problem == {
        "type": f"{TYPE_BASE}{problem['code']}", "title": kind.title, "status": kind.status,
        "detail": kind.detail, "instance": "$context.requestId", "code": problem["code"],
    }  # fmt: skip
    assert answer["StatusCode"] == str(kind.status)


@pytest.mark.parametrize("refusal", api()["GatewayResponses"])
def test_the_gateways_own_answers_can_be_read_by_browsers_and_say_when_to_return(
    refusal: str,
) -> None:
    answer = api()["GatewayResponses"][refusal]
    headers = answer["ResponseParameters"]["Headers"]

    assert headers["Access-Control-Allow-Origin"] == {"Sub": "'${CorsOrigin}'"}
    assert ("Retry-After" in headers) == (answer["StatusCode"] in ("429", "503"))
    # A page of another origin reads no header that it is not let see.
    assert ("Access-Control-Expose-Headers" in headers) == ("Retry-After" in headers)


def test_whatever_else_the_gateway_refuses_is_a_problem_too() -> None:
    assert {"DEFAULT_4XX", "DEFAULT_5XX"} <= api()["GatewayResponses"].keys()


def test_the_access_log_is_json_and_says_nothing_of_who_asked() -> None:
    _, settings, _ = api()["AccessLogSetting"]["If"]
    line = json.loads(settings["Format"])

    assert {value.removeprefix("$context.") for value in line.values()} == LOGGED
    assert "ApiLogs" in settings["DestinationArn"]["Sub"]


def test_every_log_is_kept_as_long_as_the_stage_says_and_no_longer() -> None:
    for group in template.resources("AWS::Logs::LogGroup").values():
        assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_the_firewall_refuses_what_the_kernel_would() -> None:
    (rule,) = template.resources("AWS::WAFv2::WebACL")["Firewall"]["Rules"]
    constraint = rule["Statement"]["SizeConstraintStatement"]

    assert constraint["ComparisonOperator"] == "GT"
    assert constraint["Size"] == KernelSettings.model_fields["max_body_bytes"].default
    assert constraint["FieldToMatch"] == {"Body": {"OversizeHandling": "MATCH"}}


# Concurrency


def _group(function: Function) -> str | int | None:
    """The column of the table that bounds a function, a figure of its own, or None."""
    everybodys = template.template()["Globals"]["Function"]["ReservedConcurrentExecutions"]
    given = properties(function).get("ReservedConcurrentExecutions", everybodys)
    if isinstance(given, int):
        return given
    if given == {"Ref": "AWS::NoValue"}:
        return None
    condition, bound, unbounded = given["If"]
    assert (condition, unbounded) == ("IsBounded", {"Ref": "AWS::NoValue"})
    *table, column = bound["FindInMap"]
    assert table == ["Concurrency", {"Ref": "PoolerClientSlots"}]
    return str(column)


@pytest.mark.parametrize("function", functions(), ids=by_name)
def test_a_function_is_bounded_by_its_group_where_it_holds_a_slot_of_the_pooler(
    function: Function,
) -> None:
    group = _group(function)

    if not holds_slot(function):
        assert group is None
    elif is_money(function):
        assert group == "Money"
    elif isinstance(function, HttpFunction):
        assert group == "Sql"
    else:
        assert group in ("Job", 2)


@pytest.mark.parametrize("slots", [200, 400, 600, 800])
def test_the_sandboxes_of_all_functions_together_fit_into_the_poolers_slots(slots: int) -> None:
    row = template.template()["Mappings"]["Concurrency"][str(slots)]
    groups = [_group(function) for function in functions()]
    sandboxes = sum(one if isinstance(one, int) else row[one] for one in groups if one is not None)

    assert sandboxes <= slots - SPARE_SLOTS
    assert sandboxes <= ACCOUNT_LIMIT - UNRESERVED


def test_the_table_has_a_row_for_each_choice() -> None:
    declared = template.template()["Parameters"]["PoolerClientSlots"]["AllowedValues"]

    assert list(template.template()["Mappings"]["Concurrency"]) == declared


# Deployments


@pytest.mark.parametrize("function", functions(), ids=by_name)
def test_what_moves_coins_or_lets_people_join_has_an_alias_and_may_be_kept_ready(
    function: Function,
) -> None:
    entry = properties(function)
    is_ready = is_money(function) or function.name in JOINS

    assert ("AutoPublishAlias" in entry) == is_ready
    assert ("AutoPublishCodeSha256" in entry) == is_ready
    assert ("ProvisionedConcurrencyConfig" in entry) == is_ready
    assert entry.get("SnapStart") == ({"ApplyOn": {"Ref": "SnapStart"}} if is_ready else None)
    assert ("DeploymentPreference" in entry) == is_money(function)


def test_a_version_is_published_when_the_layer_changes_and_not_the_function_alone() -> None:
    """All code but a few lines is the layer's: a version of yesterday's layer would stay in use."""
    before = transformed()
    changed = transformed(layer="s3://bucket/another-layer")

    assert len(_versions(before)) == len(JOINS) + sum(map(is_money, functions()))
    assert _versions(before) & _versions(changed) == set()


def test_a_version_is_published_for_a_parameter_that_changes_with_its_release() -> None:
    """SAM does not see a parameter's value: the alias would go on with the old environment."""
    first = transformed(Release="1767225600", CorsOrigin="https://a.example")
    second = transformed(Release="1767225601", CorsOrigin="https://b.example")

    assert _versions(first) & _versions(second) == set()
    assert len(_versions(second)) == len(_versions(first)) == len(_versions(transformed()))


def test_the_gateway_is_deployed_again_with_every_deployment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its own answers name the origin of a parameter, whose value SAM does not see either."""
    moments = (1_767_225_600, 1_767_225_601)
    stages: list[str] = []
    for at, origin in zip(moments, ("https://a.example", "https://b.example"), strict=True):
        monkeypatch.setattr(apigateway, "time", SimpleNamespace(time=lambda at=at: at))
        stages.append(_deployment_served(transformed(CorsOrigin=origin, Release=f"{at}")))

    assert len(set(stages)) == len(moments)


def test_traffic_moves_at_once_unless_asked_and_then_stops_at_an_alarm() -> None:
    at_once = transformed()
    gradual = transformed(TrafficShift="Canary10Percent5Minutes")

    def groups(resources: Mapping[str, Any]) -> list[dict[str, Any]]:
        kind = "AWS::CodeDeploy::DeploymentGroup"
        return [one["Properties"] for one in resources.values() if one["Type"] == kind]

    assert groups(at_once) == []
    assert len(groups(gradual)) == sum(map(is_money, functions()))
    for group in groups(gradual):
        assert group["DeploymentConfigName"] == {
            "Fn::Sub": [
                "CodeDeployDefault.Lambda${ConfigName}", {"ConfigName": "Canary10Percent5Minutes"},
            ]
        }  # fmt: skip
        assert [one["Name"]["Ref"] for one in group["AlarmConfiguration"]["Alarms"]] == [
            "MoneyErrorsAlarm", "MoneyLatencyAlarm", "FunctionErrorsAlarm",
        ]  # fmt: skip


def test_every_way_to_shift_traffic_is_in_the_table() -> None:
    declared = template.template()["Parameters"]["TrafficShift"]["AllowedValues"]
    table = template.template()["Mappings"]["TrafficShifts"]

    assert list(table) == declared
    assert [way for way in declared if table[way]["IsGradual"] == "false"] == ["AllAtOnce"]


# Jobs


@pytest.mark.parametrize(
    "job", [one for one in functions() if not isinstance(one, HttpFunction)], ids=by_name
)
def test_a_run_of_a_job_that_failed_for_good_is_set_aside(job: Function) -> None:
    assert properties(job)["DeadLetterQueue"] == {
        "Type": "SQS", "TargetArn": {"GetAtt": "FailedRuns.Arn"},
    }  # fmt: skip


def test_what_is_set_aside_is_encrypted_and_kept_for_two_weeks() -> None:
    queue = template.resources("AWS::SQS::Queue")["FailedRuns"]

    assert queue == {"MessageRetentionPeriod": 14 * 86_400, "SqsManagedSseEnabled": True}


# The whole


def test_the_stack_stays_far_below_the_limit_of_resources() -> None:
    """Counted as SAM makes it, with every option that adds some."""
    made = transformed(TrafficShift="Linear10PercentEvery1Minute")

    assert len(made) <= STACK_LIMIT * 0.9


@pytest.mark.parametrize("parameter", template.template()["Parameters"])
def test_whoever_deploys_is_told_of_every_parameter(parameter: str) -> None:
    rows = (PROJECT / "docs" / "operations.md").read_text().splitlines()

    assert any(row.startswith("| `") and f"`{parameter}`" in row.split("|")[1] for row in rows)


def test_sam_and_cfn_lint_find_nothing_in_the_template() -> None:
    """SAM's own validation, which runs cfn-lint."""
    found = subprocess.run(
        [
            *(Path(sys.executable).with_name("sam"), "validate", "--lint"),
            *("--template-file", str(template.TEMPLATE), "--region", "us-east-1"),
        ],
        env=os.environ | {"SAM_CLI_TELEMETRY": "0"},
        cwd=template.TEMPLATE.parent,
        capture_output=True,
        text=True,
        check=False,
    )

    assert found.returncode == 0, found.stdout + found.stderr
    assert "is a valid SAM Template" in found.stdout


def _deployment_served(resources: Mapping[str, Any]) -> str:
    (stage,) = (one for one in resources.values() if one["Type"] == "AWS::ApiGateway::Stage")
    return str(stage["Properties"]["DeploymentId"]["Ref"])


def _versions(resources: Mapping[str, Any]) -> set[str]:
    return {name for name, one in resources.items() if one["Type"] == "AWS::Lambda::Version"}
