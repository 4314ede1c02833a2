"""The API document is valid, says all that a client must know, and shows what is true."""

from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from limelight.errors import KINDS
from limelight.http import Limit, Pattern, Who
from limelight.http.idempotency import REPLAYED_HEADER
from limelight.http.problems import IDEMPOTENCY_HEADER, MEDIA_TYPE
from local.documents.openapi import openapi, operation_of
from local.facts.endpoints import HttpFunction, http_functions
from local.facts.refusals import refusals_of
from local.facts.sqlcalls import calls_of, literals
from local.services.migrate import read_migrations
from tests.conformity import escaped, schema_validator

ALL = http_functions()
MONEY = [
    one for one in ALL if one.router.pattern is Pattern.MONEY and one.router.who is not Who.SIGNED
]
WITH_BODY = [one for one in ALL if one.method in ("POST", "PATCH") and one.body_model]


def every(functions: list[HttpFunction] | tuple[HttpFunction, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("function", functions, ids=lambda one: str(one.name))


def examples(content: dict[str, Any]) -> dict[str, Any]:
    """The values that a content shows, by their names."""
    shown = openapi()["components"]["examples"]
    return {
        name: given["value"]
        if "value" in given
        else shown[given["$ref"].rpartition("/")[2]]["value"]
        for name, given in content["examples"].items()
    }


def responses(function: HttpFunction) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each response by the pointer to it."""
    for status, response in operation_of(function)["responses"].items():
        if "$ref" in response:
            name = response["$ref"].rpartition("/")[2]
            yield f"/components/responses/{name}", openapi()["components"]["responses"][name]
        else:
            operation = f"/paths/{escaped(function.path)}/{function.method.lower()}"
            yield f"{operation}/responses/{status}", response


def test_the_document_is_valid_openapi_3_1() -> None:
    assert openapi()["openapi"].startswith("3.1.")

    assert list(OpenAPIV31SpecValidator(openapi()).iter_errors()) == []


@every(ALL)
def test_an_operation_says_what_it_does_and_how_it_reaches_the_data(function: HttpFunction) -> None:
    operation = operation_of(function)

    assert operation["summary"]
    assert operation["x-access-pattern"] == function.router.pattern
    assert operation["x-caller"] == function.router.who


@every(ALL)
def test_every_response_is_shown_by_examples_that_are_what_they_show(
    function: HttpFunction,
) -> None:
    for pointer, response in responses(function):
        ((media_type, content),) = response["content"].items()
        validator = schema_validator(f"{pointer}/content/{escaped(media_type)}/schema")
        for name, value in examples(content).items():
            assert [error.message for error in validator.iter_errors(value)] == [], name
        assert response["description"]


@every(WITH_BODY)
def test_a_body_is_shown_by_an_example_that_the_endpoint_takes(function: HttpFunction) -> None:
    content = operation_of(function)["requestBody"]["content"]["application/json"]
    model = function.body_model
    assert model is not None

    (shown,) = examples(content).values()

    model.model_validate(shown)


@every(ALL)
def test_every_parameter_says_what_it_is_and_what_it_looks_like(function: HttpFunction) -> None:
    for parameter in operation_of(function).get("parameters", []):
        schema = parameter["schema"]
        assert parameter["description"].endswith("."), parameter["name"]
        if parameter["required"]:
            assert schema.get("examples") or "enum" in schema, parameter["name"]


@every(ALL)
def test_a_token_is_asked_for_where_the_endpoint_asks_for_one(function: HttpFunction) -> None:
    security = operation_of(function)["security"]
    who = function.router.who

    if who is Who.SIGNED:
        assert security == [{"stripeSignature": []}]
    else:
        assert {"accessToken": []} in security
        assert ({} in security) == who.token_is_optional


@every(ALL)
def test_outages_and_limits_are_documented_with_how_long_to_wait(function: HttpFunction) -> None:
    by_status = {pointer.rpartition("/")[2][:3]: one for pointer, one in responses(function)}

    assert "Retry-After" in by_status["503"]["headers"]
    assert ("429" in by_status) == (function.router.limit is not Limit.NONE)
    if "429" in by_status:
        assert {"Retry-After", "RateLimit", "RateLimit-Policy"} <= by_status["429"][
            "headers"
        ].keys()


@every(MONEY)
def test_a_payment_is_documented_with_its_key_and_its_replay(function: HttpFunction) -> None:
    operation = operation_of(function)
    (key,) = (one for one in operation["parameters"] if one["name"] == IDEMPOTENCY_HEADER)
    success = next(iter(operation["responses"].values()))
    refused = {code for codes in refusals_of(function).values() for code in codes}

    assert key["required"]
    assert REPLAYED_HEADER in success["headers"]
    assert {"idempotency_key_required", "idempotency_key_reused"} <= refused


@every(ALL)
def test_a_refusal_is_a_problem_with_the_codes_of_its_status(function: HttpFunction) -> None:
    for status, codes in refusals_of(function).items():
        response = dict(responses(function))[f"/components/responses/{status}.{'.'.join(codes)}"]

        assert list(response["content"]) == [MEDIA_TYPE]
        assert {KINDS[code].status for code in codes} == {status}


def test_no_code_is_there_that_no_endpoint_answers() -> None:
    """A method that a path has not is no endpoint's, what API Gateway refuses gets to none, and a
    transfer is reversed by hand alone."""
    answered = {code for one in ALL for codes in refusals_of(one).values() for code in codes}

    assert KINDS.keys() - answered == {
        "method_not_allowed", "request_refused", "already_reversed",
    }  # fmt: skip


def test_a_refusals_members_are_those_that_the_database_sends() -> None:
    """`errors` is every problem's."""
    sent: dict[str, set[str]] = {}
    for migration in read_migrations():
        for _, code, *extra in calls_of("private.fail", migration.path.read_text()):
            for name in literals(code) & KINDS.keys() if extra else ():
                sent.setdefault(name, set()).update(_members(extra[0]))
    sent.pop("validation_failed")

    assert {code: set(KINDS[code].shown) for code in sent} == sent


def _members(built: str) -> set[str]:
    if "private.remaining(" in built:
        return {"remainingSeconds"}
    pairs = next(calls_of("jsonb_build_object", built))
    return {key.strip("'") for key in pairs[::2]}
