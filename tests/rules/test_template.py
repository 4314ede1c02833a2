"""The template describes the functions that there are, and gives each what its pattern allows."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from limelight.http import Pattern
from local.endpoints import Function, HttpFunction, functions, http_functions
from tests.rules import template
from tests.rules.partners import WITH_MAIL, WITH_MEDIA

ROLES = {
    Pattern.REST: "RestRole",
    Pattern.ADMIN: "AdminRole",
    Pattern.SQL: "SqlRole",
    Pattern.MONEY: "SqlRole",
}
OWN_VARIABLE = {
    Pattern.REST: "SUPABASE_PUBLISHABLE_KEY",
    Pattern.ADMIN: "SUPABASE_SECRET_ID",
    Pattern.SQL: "DATABASE_SECRET_ID",
    Pattern.MONEY: "DATABASE_SECRET_ID",
}
CHECKOUT_ROLE = "CheckoutRole"
"""Of the functions that speak with Stripe: money functions that read its secret as well."""
CHECKOUT_VARIABLES = [
    *("DATABASE_SECRET_ID", "STRIPE_SECRET_ID", "STRIPE_API_BASE"),
    *("CHECKOUT_SUCCESS_URL", "CHECKOUT_CANCEL_URL"),
]
MEDIA_ROLE = "MediaRole"
"""Of the functions that sign LiveKit tokens: SQL functions that read its secret as well."""
MEDIA_VARIABLES = ["DATABASE_SECRET_ID", "LIVEKIT_SECRET_ID", "LIVEKIT_URL"]
AUTH_ROLE = "AuthRole"
"""Of the functions that anybody may call: REST functions that count their callers by address."""
AUTH_VARIABLES = ["SUPABASE_PUBLISHABLE_KEY", "LIMITS_SECRET_ID"]
MAIL_ROLE = "MailRole"
"""Of the jobs that send e-mail: SQL functions that may ask SES to as well."""
STACK_LIMIT = 500
"""CloudFormation's: resources of one stack."""


def by_name(function: Function) -> str:
    return function.name


def test_the_template_has_every_function_and_no_other() -> None:
    assert sorted(template.functions()) == sorted(one.logical_id for one in functions())


@pytest.mark.parametrize("function", functions(), ids=by_name)
def test_a_function_is_found_at_its_handler_and_logs_with_its_family(function: Function) -> None:
    properties = template.functions()[function.logical_id]

    assert properties["Handler"] == f"{function.name}.handler"
    assert properties["LoggingConfig"]["LogGroup"] == {"Ref": f"{function.family.title()}Logs"}


@pytest.mark.parametrize("function", http_functions(), ids=by_name)
def test_api_gateway_routes_to_a_function_what_its_router_serves(function: HttpFunction) -> None:
    (event,) = template.functions()[function.logical_id]["Events"].values()

    assert event["Type"] == "Api"
    assert event["Properties"]["Path"] == function.path
    assert event["Properties"]["Method"] == function.method.lower()


@pytest.mark.parametrize("function", http_functions(), ids=by_name)
def test_a_function_gets_the_role_and_the_variable_of_its_pattern(function: HttpFunction) -> None:
    properties = template.functions()[function.logical_id]
    pattern = function.router.pattern
    role, variables = ROLES[pattern], [OWN_VARIABLE[pattern]]
    if function.family == "checkout":
        role, variables = CHECKOUT_ROLE, CHECKOUT_VARIABLES
    if function.family == "auth":
        role, variables = AUTH_ROLE, AUTH_VARIABLES
    if function.name in WITH_MEDIA:
        role, variables = MEDIA_ROLE, MEDIA_VARIABLES
    assert properties["Role"] == {"GetAtt": f"{role}.Arn"}
    assert list(properties["Environment"]["Variables"]) == variables


@pytest.mark.parametrize(
    "job", [one for one in functions() if not isinstance(one, HttpFunction)], ids=by_name
)
def test_a_job_runs_on_a_schedule_as_the_backend(job: Function) -> None:
    properties = template.functions()[job.logical_id]
    (event,) = properties["Events"].values()

    role = MAIL_ROLE if job.name in WITH_MAIL else "SqlRole"
    assert event["Type"] == "Schedule"
    assert properties["Role"] == {"GetAtt": f"{role}.Arn"}


@pytest.mark.parametrize(
    ("role", "secrets"),
    [
        ("RestRole", []),
        ("AdminRole", ["supabase"]),
        ("AuthRole", ["limits"]),
        ("SqlRole", ["database"]),
        ("CheckoutRole", ["database", "stripe"]),
        ("MediaRole", ["database", "livekit"]),
        ("MailRole", ["database"]),
    ],
)
def test_a_role_reads_its_own_secret_and_no_other(role: str, secrets: list[str]) -> None:
    named = [
        policy
        for policy in template.resources("AWS::IAM::Role")[role]["Policies"]
        if "PolicyName" in policy
    ]
    reads = []
    for policy in named:
        for statement in policy["PolicyDocument"]["Statement"]:
            if "secretsmanager" in json.dumps(statement["Action"]):
                given = statement["Resource"]
                reads += given if isinstance(given, list) else [given]

    assert [arn["Sub"].rpartition(":")[2] for arn in reads] == [
        f"limelight/${{Stage}}/{secret}-*" for secret in secrets
    ]


@pytest.mark.parametrize("role", template.resources("AWS::IAM::Role"))
def test_no_role_has_an_action_or_a_service_with_a_wildcard(role: str) -> None:
    actions: list[str] = []
    for policy in template.resources("AWS::IAM::Role")[role]["Policies"]:
        for statement in _statements(policy):
            given = statement["Action"]
            actions += [given] if isinstance(given, str) else given

    assert actions
    assert [action for action in actions if "*" in action] == []


def test_mail_is_sent_from_the_stages_own_address_alone() -> None:
    allowed = [
        (role, statement)
        for role, properties in template.resources("AWS::IAM::Role").items()
        for policy in properties["Policies"]
        for statement in _statements(policy)
        if "ses:" in json.dumps(statement["Action"])
    ]

    ((role, statement),) = allowed
    assert (role, statement["Action"]) == (MAIL_ROLE, "ses:SendEmail")
    assert statement["Condition"] == {"StringEquals": {"ses:FromAddress": {"Ref": "MailSender"}}}


def _statements(policy: dict[str, Any]) -> list[dict[str, Any]]:
    inner = policy["If"][1] if "If" in policy else policy
    statements: list[dict[str, Any]] = inner["PolicyDocument"]["Statement"]
    return statements


def test_no_variable_holds_a_secret_only_its_name() -> None:
    shared = template.template()["Globals"]["Function"]["Environment"]["Variables"]
    own = [one["Environment"]["Variables"] for one in template.functions().values()]
    names = {name for variables in [shared, *own] for name in variables}

    assert [name for name in names if "SECRET" in name and not name.endswith("_ID")] == [
        "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT"
    ]
    assert not any("PASSWORD" in name or "DATABASE_URL" in name for name in names)


def test_the_stack_stays_far_below_the_limit_of_resources() -> None:
    """A function is itself, its permission and nothing more: what else there is, is shared."""
    functions_and_permissions = 2 * len(template.functions())
    shared = len(template.template()["Resources"]) - len(template.functions())
    methods_and_deployment = 4

    assert functions_and_permissions + shared + methods_and_deployment < STACK_LIMIT * 0.9


def test_cfn_lint_finds_nothing_in_the_template() -> None:
    found = subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), str(template.TEMPLATE)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert found.stdout == ""
    assert found.returncode == 0, found.stderr
