"""What deploys the product is pinned, may do little, and goes in one order."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER
from samcli.yamlhelper import yaml_parse

from local.host.state import PROJECT
from tests.rules.transformed import transformed

WORKFLOWS: Final = sorted((PROJECT / ".github" / "workflows").glob("*.yml"))
PINNED: Final = re.compile(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
ROLES: Final = PROJECT / ".github" / "deploy-role.yaml"
GRADUAL: Final = "Linear10PercentEvery1Minute"
"""With this the stack has all that it can have."""
NOT_USED: Final = {
    *("amplify:*", "apprunner:*", "appsync:*", "bedrock-agentcore:*", "cognito-idp:*", "ec2:*"),
    *("elasticfilesystem:*", "elasticloadbalancing:*", "firehose:*", "kms:*", "s3files:*"),
    *("iam:*Group*", "iam:*User*", "iam:*PermissionsBoundary", "wafv2:*PermissionPolicy"),
    *("s3:GetObjectVersion", "s3:REST.PUT.OBJECT"),
}
"""What resources of the stack's types may ask for, with options that this stack does not take."""
KEYS: Final = ("aws-access-key-id", "aws-secret-access-key", "AWS_SECRET_ACCESS_KEY")


def read(name: str) -> dict[str, Any]:
    text = (PROJECT / ".github" / "workflows" / f"{name}.yml").read_text()
    # YAML 1.1 takes the key `on` for true.
    found: dict[str, Any] = yaml.safe_load(text.replace("\non:", "\n'on':"))
    return found


def steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job.get("steps", [])]


def at(commands: list[str], wanted: str) -> int:
    """Where a step is whose command has these words; there is one."""
    (found,) = [place for place, command in enumerate(commands) if wanted in command]
    return found


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_an_action_is_pinned_to_a_commit_whose_version_is_said(path: Path) -> None:
    used = [line.strip().removeprefix("- ") for line in path.read_text().splitlines()]
    used = [line for line in used if line.startswith("uses: ") and "uses: ./" not in line]

    assert [line for line in used if not PINNED.fullmatch(line)] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_job_is_told_what_it_may_do_and_nothing_is_allowed_to_all(path: Path) -> None:
    workflow = read(path.stem)

    assert workflow["permissions"] == {}
    assert [name for name, job in workflow["jobs"].items() if "permissions" not in job] == []
    granted = {
        permission for job in workflow["jobs"].values() for permission in job["permissions"].items()
    }
    assert granted <= {("contents", "read"), ("id-token", "write")}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_job_ends_and_leaves_no_token_in_the_checkout(path: Path) -> None:
    workflow = read(path.stem)
    own = {name: job for name, job in workflow["jobs"].items() if "steps" in job}

    assert [name for name, job in own.items() if "timeout-minutes" not in job] == []
    for step in steps(workflow):
        if "actions/checkout@" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_no_command_is_put_together_from_what_others_write(path: Path) -> None:
    """A branch's name in a command is a command: values reach commands through variables."""
    commands = [step.get("run", "") for step in steps(read(path.stem))]

    assert [command for command in commands if "${{" in command] == []


def test_ci_runs_what_a_developer_runs() -> None:
    commands = [step.get("run", "") for step in steps(read("ci"))]

    assert ".ci/run" in commands
    assert "make validate" in commands
    assert 'make apidiff BASE="origin/$BASE_BRANCH"' in commands


def test_a_change_is_checked_before_it_is_merged_and_before_it_is_deployed() -> None:
    assert {"pull_request", "workflow_call"} <= read("ci")["on"].keys()
    assert read("release")["on"] == {"push": {"branches": ["main"]}}
    assert read("release")["jobs"]["ci"]["uses"] == "./.github/workflows/ci.yml"


def test_a_commit_goes_to_dev_then_to_staging_then_to_prod() -> None:
    jobs = read("release")["jobs"]

    assert {name: job.get("needs") for name, job in jobs.items()} == {
        "ci": None,
        "dev": "ci",
        "staging": "dev",
        "prod": "staging",
    }
    for stage in ("dev", "staging", "prod"):
        assert jobs[stage]["uses"] == "./.github/workflows/deploy.yml"
        assert jobs[stage]["with"]["stage"] == stage


def test_traffic_moves_gradually_where_people_pay() -> None:
    jobs = read("release")["jobs"]
    template = (PROJECT / "template.yaml").read_text()

    for stage in ("staging", "prod"):
        shift = jobs[stage]["with"]["traffic-shift"]
        assert shift.startswith(("Canary", "Linear"))
        assert f"- {shift}\n" in template


def test_the_tables_are_migrated_after_the_build_and_before_the_deployment() -> None:
    commands = [step.get("run", "") for step in steps(read("deploy"))]

    build, migrate, deploy = (
        at(commands, it) for it in ("make build", "make migrate", "sam deploy")
    )
    assert build < migrate < deploy


def test_a_deployment_is_approved_by_its_environment_and_holds_no_key() -> None:
    (job,) = read("deploy")["jobs"].values()
    text = (PROJECT / ".github" / "workflows" / "deploy.yml").read_text()

    assert job["environment"]["name"] == "${{ inputs.stage }}"
    assert job["permissions"]["id-token"] == "write"
    assert [key for key in KEYS if key in text] == []
    assert set(re.findall(r"secrets\.(\w+)", text)) == {"DIRECT_DATABASE_URL"}


def test_a_stage_is_deployed_by_one_at_a_time_and_to_the_end() -> None:
    assert read("deploy")["concurrency"] == {
        "group": "deploy-${{ inputs.stage }}",
        "cancel-in-progress": False,
    }


def test_each_deployment_publishes_a_version_of_what_has_an_alias() -> None:
    commands = [step.get("run", "") for step in steps(read("deploy"))]

    assert '"Release=$GITHUB_SHA"' in commands[at(commands, "sam deploy")]


def test_the_layer_is_built_for_what_the_functions_run_on() -> None:
    """`make build` reads ARCH; the parameter that the functions run on is given the same."""
    (job,) = read("deploy")["jobs"].values()
    commands = [step.get("run", "") for step in steps(read("deploy"))]

    assert job["env"]["ARCH"] == "${{ vars.ARCHITECTURE || 'arm64' }}"
    assert '"Architecture=$ARCH"' in commands[at(commands, "sam deploy")]


def test_sam_builds_the_layer_anew_each_time() -> None:
    """Its cache does not know ARCH: it would answer with the layer of another architecture."""
    configured = tomllib.loads((PROJECT / "samconfig.toml").read_text())

    stages = [one for one in configured.values() if isinstance(one, dict)]
    builds = [one["build"]["parameters"] for one in stages if "build" in one]
    assert builds
    assert [one for one in builds if one.get("cached")] == []


def test_the_role_of_a_stage_is_lent_to_that_stages_environment_alone() -> None:
    text = ROLES.read_text()

    assert "sub: !Sub repo:${Repository}:environment:${Stage}" in text
    assert "aud: sts.amazonaws.com" in text


def test_cloudformation_may_do_what_it_does_for_a_resource_of_the_stack() -> None:
    """CloudFormation's own record of each type says which rights making and changing one takes."""
    granted = [action for statement in _statements("StackRole") for action in statement["Action"]]
    used = {(kind, right) for kind in _kinds() for right in _rights(kind)}

    assert {right for _, right in used} >= {"lambda:CreateFunction", "iam:ListRolePolicies"}
    assert {(kind, right) for kind, right in used if not _covers([*granted, *NOT_USED], right)} == (
        set()
    )


def test_nothing_is_granted_and_called_unused_at_once() -> None:
    granted = [action for statement in _statements("StackRole") for action in statement["Action"]]

    assert [action for action in granted if _covers(NOT_USED, action)] == []


def test_what_aws_lends_to_a_stack_may_be_read() -> None:
    """A layer of another account takes a right of one's own besides its owner's, and so on."""
    (lent,) = (one for one in _statements("StackRole") if one["Sid"] == "Lent")

    assert lent["Action"] == ["codedeploy:GetDeploymentConfig", "lambda:GetLayerVersion"]
    configs, layers = (one["Fn::Sub"] for one in lent["Resource"])
    assert configs.endswith(":deploymentconfig:CodeDeployDefault.*")
    assert layers.endswith(":*:layer:AWS-Parameters-and-Secrets-Lambda-Extension*")


def _statements(role: str) -> Iterator[dict[str, Any]]:
    properties = yaml_parse(ROLES.read_text())["Resources"][role]["Properties"]
    for policy in properties["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            actions = statement["Action"]
            yield statement | {"Action": [actions] if isinstance(actions, str) else actions}


def _kinds() -> set[str]:
    return {one["Type"] for one in transformed(TrafficShift=GRADUAL).values()}


def _rights(kind: str) -> set[str]:
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
    handlers = [
        schema.get("handlers", {}).get(it, {}) for it in ("create", "read", "update", "delete")
    ]
    asked = {right for one in handlers for right in one.get("permissions", [])}
    return asked | set(schema.get("tagging", {}).get("permissions", []))


def _covers(patterns: Iterable[str], right: str) -> bool:
    return any(fnmatchcase(right, pattern) for pattern in patterns)
