"""What EventBridge makes of the jobs' schedules, and the event that it sends for them."""

import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import boto3
import pytest
from moto import mock_aws

from local.facts.endpoints import Function, HttpFunction, functions
from local.host.state import PROJECT
from tests.rules.transformed import transformed

REGION = "eu-west-1"
JOBS = [one for one in functions() if not isinstance(one, HttpFunction)]
every_job = pytest.mark.parametrize("job", JOBS, ids=lambda job: str(job.name))


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """EventBridge, in an account of nobody's."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        yield boto3.client("events", region_name=REGION)


def rule_of(job: Function) -> dict[str, Any]:
    """The one rule whose target is the job."""
    (rule,) = (
        resource["Properties"]
        for resource in transformed().values()
        if resource["Type"] == "AWS::Events::Rule"
        and resource["Properties"]["Targets"][0]["Arn"] == {"Fn::GetAtt": [job.logical_id, "Arn"]}
    )
    found: dict[str, Any] = rule
    return found


def sent_to(job: Function) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((PROJECT / "events" / f"{job.name}.json").read_text())
    return event


@every_job
def test_eventbridge_takes_the_schedule_and_calls_the_job_alone(events: Any, job: Function) -> None:
    rule = rule_of(job)
    arn = f"arn:aws:lambda:{REGION}:000000000000:function:{job.logical_id}"
    (target,) = rule["Targets"]

    events.put_rule(Name=job.logical_id, ScheduleExpression=rule["ScheduleExpression"])
    put = events.put_targets(Rule=job.logical_id, Targets=[target | {"Arn": arn}])

    assert put["FailedEntryCount"] == 0
    assert events.list_rule_names_by_target(TargetArn=arn)["RuleNames"] == [job.logical_id]
    kept = events.describe_rule(Name=job.logical_id)
    assert (kept["ScheduleExpression"], kept["State"]) == (rule["ScheduleExpression"], "ENABLED")


@every_job
def test_a_rate_is_worded_as_eventbridge_wants_it(job: Function) -> None:
    """AWS refuses `rate(1 minutes)` and `rate(2 minute)`, which moto takes."""
    expression = rule_of(job)["ScheduleExpression"]
    if expression.startswith("cron("):
        assert len(expression.removeprefix("cron(").removesuffix(")").split()) == 6
    else:
        assert re.fullmatch(
            r"rate\((1 (minute|hour|day)|([2-9]|[1-9]\d+) (minutes|hours|days))\)", expression
        )


@every_job
def test_eventbridge_may_call_the_job(job: Function) -> None:
    (permission,) = (
        resource["Properties"]
        for resource in transformed().values()
        if resource["Type"] == "AWS::Lambda::Permission"
        and resource["Properties"]["FunctionName"] == {"Ref": job.logical_id}
    )

    assert permission["Principal"] == "events.amazonaws.com"
    assert permission["Action"] == "lambda:InvokeFunction"


@every_job
def test_the_event_is_what_eventbridge_sends_for_a_schedule(events: Any, job: Function) -> None:
    rule = rule_of(job)
    assert "Input" not in rule["Targets"][0], "a target's own input would replace the event"
    arn = events.put_rule(Name="limelight", ScheduleExpression=rule["ScheduleExpression"])[
        "RuleArn"
    ]

    event = sent_to(job)

    assert UUID(event["id"])
    assert event | {"id": "", "time": "", "account": "", "resources": []} == {
        "version": "0",
        "id": "",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "",
        "time": "",
        "region": REGION,
        "resources": [],
        "detail": {},
    }
    assert re.fullmatch(r"\d{4}(-\d\d){2}T(\d\d:){2}\d\dZ", event["time"])
    (resource,) = event["resources"]
    assert _without_account(resource) == _without_account(arn)


def _without_account(arn: str) -> str:
    return re.sub(r":\d{12}:", "::", arn)
