"""The template describes the functions that there are, and gives each what its pattern allows."""

from typing import Any

import pytest

from limelight.http import Pattern
from limelight.platform.settings import PublisherSettings
from limelight.realtime.service import LEAVING_SECONDS
from local.facts.endpoints import Function, HttpFunction, functions, http_functions
from tests.rules import template
from tests.rules.partners import WITH_MAIL, WITH_MEDIA, WITH_REALTIME

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
PUBLISHER_ROLE = "PublisherRole"
"""Of the one job that speaks with Realtime: it reads the secret key as well."""
PUBLISHER_VARIABLES = ["DATABASE_SECRET_ID", "SUPABASE_SECRET_ID"]
AUTH_ROLE = "AuthRole"
"""Of the functions that anybody may call: REST functions that count their callers by address."""
AUTH_VARIABLES = ["SUPABASE_PUBLISHABLE_KEY", "LIMITS_SECRET_ID"]
JOB_ROLE = "JobRole"
"""Of jobs: they may set their own failed runs aside as well."""
MAIL_ROLE = "MailRole"
"""Of the jobs that send e-mail: they may ask SES to as well."""
LOG = ["logs:CreateLogStream", "logs:PutLogEvents"]
TRACE = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
READ = "secretsmanager:GetSecretValue"
GATEWAYS_ROLE = "ApiGatewayLogsRole"
FUNCTION_ROLES = [one for one in template.resources("AWS::IAM::Role") if one != GATEWAYS_ROLE]
JWT = "${JwtSecretId}"
"""What a stage names that still accepts tokens signed with the legacy secret."""


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

    role = JOB_ROLE
    if job.name in WITH_MAIL:
        role = MAIL_ROLE
    if job.name in WITH_REALTIME:
        role = PUBLISHER_ROLE
        assert list(properties["Environment"]["Variables"]) == PUBLISHER_VARIABLES
    assert event["Type"] == "Schedule"
    assert properties["Role"] == {"GetAtt": f"{role}.Arn"}


@pytest.mark.parametrize(
    ("role", "secrets"),
    [
        ("RestRole", [JWT]),
        ("AuthRole", ["limits", JWT]),
        ("AdminRole", ["supabase", JWT]),
        ("SqlRole", ["database", JWT]),
        ("CheckoutRole", ["database", "stripe", JWT]),
        ("MediaRole", ["database", "livekit", JWT]),
        ("JobRole", ["database"]),
        ("MailRole", ["database"]),
        ("PublisherRole", ["database", "supabase"]),
    ],
)
def test_a_role_reads_its_own_secrets_and_no_other(role: str, secrets: list[str]) -> None:
    read = [
        arn["Sub"].rpartition(":secret:")[2]
        for statement in _statements(role)
        if READ in _listed(statement["Action"])
        for arn in _listed(statement["Resource"])
    ]

    names = [one if one == JWT else f"limelight/${{Stage}}/{one}" for one in secrets]
    # What Secrets Manager adds to a name is six characters: a longer name is another secret.
    assert read == [f"{name}-??????" for name in names]


@pytest.mark.parametrize("role", FUNCTION_ROLES)
def test_a_role_may_log_and_trace_and_what_its_functions_need_and_nothing_else(role: str) -> None:
    more = {"JobRole": ["sqs:SendMessage"], "PublisherRole": ["sqs:SendMessage"]}
    more["MailRole"] = ["ses:SendEmail", "sqs:SendMessage"]
    actions = [one for statement in _statements(role) for one in _listed(statement["Action"])]

    assert [one for one in actions if one != READ] == [*LOG, *TRACE, *more.get(role, [])]


@pytest.mark.parametrize("role", FUNCTION_ROLES)
def test_what_a_role_may_is_all_in_its_list_of_policies(role: str) -> None:
    properties = template.resources("AWS::IAM::Role")[role]

    assert properties.keys() == {"Description", "AssumeRolePolicyDocument", "ManagedPolicyArns"}
    (trust,) = properties["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}


def test_only_traces_are_allowed_on_any_resource() -> None:
    anywhere = [
        statement["Action"]
        for policy in template.resources("AWS::IAM::ManagedPolicy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if "*" in _listed(statement["Resource"])
    ]

    assert anywhere == [TRACE]


def test_mail_is_sent_from_the_stages_own_address_alone() -> None:
    (statement,) = (one for one in _statements(MAIL_ROLE) if one["Action"] == "ses:SendEmail")

    assert statement["Condition"] == {"StringEquals": {"ses:FromAddress": {"Ref": "MailSender"}}}


def _statements(role: str) -> list[dict[str, Any]]:
    """All that the role's policies allow, the conditional ones included."""
    policies = template.resources("AWS::IAM::ManagedPolicy")
    attached = template.resources("AWS::IAM::Role")[role]["ManagedPolicyArns"]
    names = [one["If"][1]["Ref"] if "If" in one else one["Ref"] for one in attached]
    statements = [
        statement for name in names for statement in policies[name]["PolicyDocument"]["Statement"]
    ]
    assert {statement["Effect"] for statement in statements} == {"Allow"}
    return statements


def _listed(given: Any) -> list[Any]:
    return given if isinstance(given, list) else [given]


def test_no_variable_holds_a_secret_only_its_name() -> None:
    shared = template.template()["Globals"]["Function"]["Environment"]["Variables"]
    own = [one["Environment"]["Variables"] for one in template.functions().values()]
    names = {name for variables in [shared, *own] for name in variables}

    assert [name for name in names if "SECRET" in name and not name.endswith("_ID")] == [
        "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT"
    ]
    assert not any("PASSWORD" in name or "DATABASE_URL" in name for name in names)


def test_a_publisher_is_relieved_before_it_leaves_and_ends_before_it_is_ended() -> None:
    """Runs begin a minute apart, so that at most two are there at once."""
    publisher = template.functions()["JobsPublishOutbox"]
    lifetime = PublisherSettings().publisher_lifetime_seconds

    assert 60 < lifetime < 120
    assert lifetime + LEAVING_SECONDS < publisher["Timeout"] < 120
    assert publisher["ReservedConcurrentExecutions"] == 2
    assert publisher["EventInvokeConfig"]["MaximumRetryAttempts"] == 0
