"""What breaks a client of the API document, and what does not."""

import copy
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from click.testing import CliRunner

from local.documents import apidiff
from local.documents.apidiff import breaks, unstated_of
from local.documents.openapi import DOCUMENT

type Json = dict[str, Any]
type Change = Callable[[Json], object]

OLD: Json = {
    "paths": {
        "/api/gifts/{giftId}": {
            "post": {
                "security": [{"accessToken": []}],
                "parameters": [
                    {
                        "in": "path",
                        "name": "giftId",
                        "required": True,
                        "schema": {"type": "string"},
                    },
                    {"in": "query", "name": "days", "schema": {"type": "integer", "maximum": 30}},
                ],
                "requestBody": {
                    "required": False,
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/In"}}
                    },
                },
                "responses": {
                    "201": {
                        "headers": {"X-Request-Id": {"required": True}},
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Out"}}
                        },
                    },
                    "409": {"$ref": "#/components/responses/Conflict"},
                },
            },
            "get": {"responses": {}},
        }
    },
    "components": {
        "responses": {"Conflict": {"content": {}}},
        "securitySchemes": {"accessToken": {"type": "http", "scheme": "bearer"}},
        "schemas": {
            "In": {
                "type": "object",
                "additionalProperties": False,
                "required": ["quantity"],
                "properties": {
                    "quantity": {"type": "integer", "minimum": 1, "maximum": 100},
                    "note": {"anyOf": [{"type": "string", "maxLength": 500}, {"type": "null"}]},
                    "kind": {"type": "string", "enum": ["rose", "heart"]},
                    "tags": {"type": "array", "maxItems": 10, "items": {"type": "string"}},
                },
            },
            "Out": {
                "type": "object",
                "required": ["id", "state"],
                "properties": {
                    "id": {"type": "string", "format": "uuid"},
                    "state": {"type": "string", "enum": ["sent"]},
                    "inner": {"$ref": "#/components/schemas/Out"},
                },
            },
        },
    },
}


def post(document: Json) -> Json:
    operation: Json = document["paths"]["/api/gifts/{giftId}"]["post"]
    return operation


def taken(document: Json) -> Json:
    schema: Json = document["components"]["schemas"]["In"]
    return schema


def answered(document: Json) -> Json:
    schema: Json = document["components"]["schemas"]["Out"]
    return schema


def called(name: str, document: Json) -> Json:
    """The document, with another name for the token."""
    return cast("Json", json.loads(json.dumps(document).replace("accessToken", name)))


BREAKS: dict[str, tuple[Change, str]] = {
    "a path that is gone": (
        lambda it: it["paths"].clear(),
        "POST /api/gifts/{giftId}: is gone",
    ),
    "a method that is gone": (
        lambda it: it["paths"]["/api/gifts/{giftId}"].pop("get"),
        "GET /api/gifts/{giftId}: is gone",
    ),
    "a token that is asked for": (
        lambda it: it["paths"]["/api/gifts/{giftId}"]["get"].update(security=[{"accessToken": []}]),
        "GET /api/gifts/{giftId}: no token is no longer enough",
    ),
    "a token of another kind": (
        lambda it: it["components"].update(securitySchemes={"accessToken": {"type": "apiKey"}}),
        "POST /api/gifts/{giftId}: accessToken is no longer enough",
    ),
    "a parameter that is gone": (
        lambda it: post(it)["parameters"].pop(),
        "POST /api/gifts/{giftId}: query days: is gone",
    ),
    "a parameter that becomes required": (
        lambda it: post(it)["parameters"][1].update(required=True),
        "POST /api/gifts/{giftId}: query days: is now required",
    ),
    "a new parameter that is required": (
        lambda it: post(it)["parameters"].append(
            {"in": "header", "name": "Idempotency-Key", "required": True, "schema": {}}
        ),
        "POST /api/gifts/{giftId}: header Idempotency-Key: is new and required",
    ),
    "a parameter that takes less": (
        lambda it: post(it)["parameters"][1]["schema"].update(maximum=7),
        "POST /api/gifts/{giftId}: query days: maximum 30 is more than 7",
    ),
    "a body that becomes required": (
        lambda it: post(it)["requestBody"].update(required=True),
        "POST /api/gifts/{giftId}: body: is now required",
    ),
    "a body that is gone": (
        lambda it: post(it).pop("requestBody"),
        "POST /api/gifts/{giftId}: body: is gone",
    ),
    "a body of another media type": (
        lambda it: post(it)["requestBody"].update(content={"text/plain": {}}),
        "POST /api/gifts/{giftId}: body: application/json is no longer taken",
    ),
    "a field that is no longer taken": (
        lambda it: taken(it)["properties"].pop("note"),
        "POST /api/gifts/{giftId}: body/note: is not taken",
    ),
    "a field that becomes required": (
        lambda it: taken(it)["required"].append("kind"),
        "POST /api/gifts/{giftId}: body/kind: may be missing, and is required",
    ),
    "a field of another type": (
        lambda it: taken(it)["properties"]["quantity"].update(type="string"),
        "POST /api/gifts/{giftId}: body/quantity: integer is not string",
    ),
    "a field that takes fewer values": (
        lambda it: taken(it)["properties"]["kind"].update(enum=["rose"]),
        "POST /api/gifts/{giftId}: body/kind: heart is not one of rose",
    ),
    "a field that takes less": (
        lambda it: taken(it)["properties"]["quantity"].update(maximum=50),
        "POST /api/gifts/{giftId}: body/quantity: maximum 100 is more than 50",
    ),
    "a field that needs more": (
        lambda it: taken(it)["properties"]["quantity"].update(minimum=2),
        "POST /api/gifts/{giftId}: body/quantity: minimum 1 is less than 2",
    ),
    "a field that must have a form": (
        lambda it: taken(it)["properties"]["kind"].update(pattern="^r"),
        "POST /api/gifts/{giftId}: body/kind: pattern none is not ^r",
    ),
    "a field that may not be null": (
        lambda it: taken(it)["properties"].update(note={"type": "string"}),
        "POST /api/gifts/{giftId}: body/note: null is not string",
    ),
    "a list whose items take less": (
        lambda it: taken(it)["properties"]["tags"]["items"].update(maxLength=30),
        "POST /api/gifts/{giftId}: body/tags/0: maxLength none is more than 30",
    ),
    "a keyword of no known meaning": (
        lambda it: taken(it).update({"if": {}}),
        "POST /api/gifts/{giftId}: body: if differs, and what that means is not known",
    ),
    "an answer of another status": (
        lambda it: post(it)["responses"].update({"200": post(it)["responses"].pop("201")}),
        "POST /api/gifts/{giftId}: 201: is no longer answered",
    ),
    "an answer of another media type": (
        lambda it: post(it)["responses"]["201"].update(content={"text/html": {}}),
        "POST /api/gifts/{giftId}: 201 body: is no longer application/json",
    ),
    "a header that is no longer sent": (
        lambda it: post(it)["responses"]["201"].pop("headers"),
        "POST /api/gifts/{giftId}: 201 header X-Request-Id: is no longer always sent",
    ),
    "a field that is no longer answered": (
        lambda it: (answered(it)["required"].remove("id"), answered(it)["properties"].pop("id")),
        "POST /api/gifts/{giftId}: 201 body/id: may be missing, and is required",
    ),
    "a field that may be null": (
        lambda it: answered(it)["properties"]["id"].update(type=["string", "null"]),
        "POST /api/gifts/{giftId}: 201 body/id: null is not string",
    ),
    "a field of another format": (
        lambda it: answered(it)["properties"]["id"].pop("format"),
        "POST /api/gifts/{giftId}: 201 body/id: format none is not uuid",
    ),
    "a value that clients do not know": (
        lambda it: answered(it)["properties"]["state"]["enum"].append("lost"),
        "POST /api/gifts/{giftId}: 201 body/state: lost is not one of sent",
    ),
}

BREAKS_NOBODY: dict[str, Change] = {
    "a token that the document calls by another name": lambda it: it.update(called("bearer", it)),
    "nothing": lambda it: it.copy(),
    "a new path": lambda it: it["paths"].update({"/api/new": {"get": {"responses": {}}}}),
    "a token that is no longer needed": lambda it: post(it).update(security=[{}]),
    "a new parameter": lambda it: post(it)["parameters"].append(
        {"in": "query", "name": "search", "schema": {"type": "string"}}
    ),
    "a parameter that takes more": lambda it: post(it)["parameters"][1]["schema"].pop("maximum"),
    "a new field to send": lambda it: taken(it)["properties"].update(message={"type": "string"}),
    "a field that is no longer required": lambda it: taken(it)["required"].clear(),
    "a field that takes more values": lambda it: taken(it)["properties"]["kind"]["enum"].append(
        "x"
    ),
    "a field that takes a fraction": lambda it: taken(it)["properties"]["quantity"].update(
        type="number"
    ),
    "a field that may be null as well": lambda it: taken(it)["properties"]["kind"].update(
        type=["string", "null"], enum=["rose", "heart", None]
    ),
    "a new field in an answer": lambda it: answered(it)["properties"].update(at={"type": "string"}),
    "a new refusal": lambda it: post(it)["responses"].update({"402": {"content": {}}}),
    "a refusal that is gone": lambda it: post(it)["responses"].pop("409"),
    "other words": lambda it: taken(it)["properties"]["kind"].update(description="What it is."),
}


@pytest.mark.parametrize(("change", "told"), BREAKS.values(), ids=BREAKS)
def test_what_breaks_a_client_is_told(change: Change, told: str) -> None:
    now = copy.deepcopy(OLD)
    change(now)

    assert told in list(breaks(OLD, now))


@pytest.mark.parametrize("change", BREAKS_NOBODY.values(), ids=BREAKS_NOBODY)
def test_what_breaks_nobody_is_not(change: Change) -> None:
    now = copy.deepcopy(OLD)
    change(now)

    assert list(breaks(OLD, now)) == []


def test_the_committed_document_does_not_break_itself() -> None:
    document = json.loads(DOCUMENT.read_text())

    assert list(breaks(document, copy.deepcopy(document))) == []


def test_every_operation_of_the_committed_document_would_be_missed() -> None:
    document = json.loads(DOCUMENT.read_text())
    operations = sum(len(methods) for methods in document["paths"].values())

    assert len(list(breaks(document, {"paths": {}}))) == operations > 100


def test_a_statement_serves_for_the_break_that_it_names_and_for_that_alone() -> None:
    stated = "| 2026-03-03 | `GET /a: is gone` | nobody asked for it |"

    assert unstated_of(["GET /a: is gone"], stated, "") == []
    assert unstated_of(["GET /a: is gone", "GET /b: is gone"], stated, "") == ["GET /b: is gone"]


def test_a_statement_of_an_earlier_break_serves_no_longer() -> None:
    stated = "| 2026-03-03 | `GET /a: is gone` | nobody asked for it |"

    assert unstated_of(["GET /a: is gone"], stated, stated) == ["GET /a: is gone"]


# The command


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose first commit has the old document."""
    (tmp_path / "docs").mkdir()
    write(tmp_path, OLD)
    (tmp_path / apidiff.STATEMENTS).write_text("| day | what breaks | why |\n")
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    git(tmp_path, "add", "docs")
    git(tmp_path, "commit", "--quiet", "-m", "The old document")
    monkeypatch.setattr(apidiff, "PROJECT", tmp_path)
    return tmp_path


def write(project: Path, document: Json) -> None:
    (project / apidiff.DOCUMENT).write_text(json.dumps(document))


def git(project: Path, *arguments: str) -> None:
    somebody = ["-c", "user.name=Nova", "-c", "user.email=nova@example.com"]
    subprocess.run(["git", *somebody, *arguments], cwd=project, check=True)


def test_the_command_passes_what_breaks_nobody(project: Path) -> None:
    ran = CliRunner().invoke(apidiff.command, ["--base", "main"])

    assert (ran.exit_code, ran.output) == (0, "no breaking change\n")


def test_the_command_fails_on_a_break_until_it_is_stated(project: Path) -> None:
    now = copy.deepcopy(OLD)
    now["paths"]["/api/gifts/{giftId}"].pop("get")
    write(project, now)

    failed = CliRunner().invoke(apidiff.command, ["--base", "main"])
    with (project / apidiff.STATEMENTS).open("a") as statements:
        statements.write("| 2026-03-03 | `GET /api/gifts/{giftId}: is gone` | never used |\n")
    passed = CliRunner().invoke(apidiff.command, ["--base", "main"])

    assert failed.exit_code == 1
    assert "breaks  GET /api/gifts/{giftId}: is gone" in failed.output
    assert passed.exit_code == 0
    assert "stated  GET /api/gifts/{giftId}: is gone" in passed.output


def test_the_command_says_when_there_is_nothing_to_compare_with(project: Path) -> None:
    ran = CliRunner().invoke(apidiff.command, ["--base", "origin/nowhere"])

    assert ran.exit_code == 1
    assert "there is no commit origin/nowhere" in ran.output


def test_before_there_was_a_document_nothing_could_break(project: Path) -> None:
    git(project, "checkout", "--quiet", "--orphan", "bare")
    git(project, "rm", "--quiet", "-r", "--cached", "docs")
    git(project, "commit", "--quiet", "--allow-empty", "-m", "Nothing yet")

    ran = CliRunner().invoke(apidiff.command, ["--base", "bare"])

    assert ran.exit_code == 0, ran.output
