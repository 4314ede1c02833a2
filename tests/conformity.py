"""Holds answers against the API document: status, media type, headers, body and error code."""

import json
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any, Final

from jsonschema_rs import Draft202012, Draft202012Validator, Registry

from local.documents.openapi import openapi, operation_of
from local.facts.endpoints import HttpFunction

_DOCUMENT: Final = "urn:limelight:openapi"
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def _is_moment(text: str) -> bool:
    """In UTC with a `Z`, as the contract has it and RFC 3339 does not require."""
    return _MOMENT.fullmatch(text) is not None


def faults(function: HttpFunction, status: int, headers: Mapping[str, str], text: str) -> list[str]:
    """What an answer has that the document does not say, or lacks that it does."""
    documented = operation_of(function)["responses"]
    if str(status) not in documented:
        return [f"{status} is not documented, {', '.join(documented)} are: {text}"]
    response = _followed(documented[str(status)])
    (media_type,) = response["content"]
    given = headers.get("content-type", "")
    if given != media_type:
        return [f"{given or 'no media type'} is not the documented {media_type}"]
    missing = [
        f"the header {name} is missing"
        for name, header in response["headers"].items()
        if _followed(header).get("required") and name.lower() not in headers
    ]
    return missing + [
        f"{'/'.join(map(str, error.instance_path)) or 'the body'}: {error.message}"
        for error in _validator(function.path, function.method.lower(), status).iter_errors(
            json.loads(text)
        )
    ]


def schema_validator(pointer: str) -> Draft202012Validator:
    """Of the schema at a JSON pointer into the document."""
    return Draft202012Validator(
        {"$ref": f"{_DOCUMENT}#{pointer}"},
        registry=_registry(),
        formats={"date-time": _is_moment},
        validate_formats=True,
        offline=True,
    )


@cache
def _validator(path: str, method: str, status: int) -> Draft202012Validator:
    response = openapi()["paths"][path][method]["responses"][str(status)]
    if "$ref" in response:
        place = response["$ref"].removeprefix("#")
    else:
        place = f"/paths/{escaped(path)}/{method}/responses/{status}"
    (media_type,) = _followed(response)["content"]
    return schema_validator(f"{place}/content/{escaped(media_type)}/schema")


def escaped(step: str) -> str:
    """A step of a JSON pointer."""
    return step.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")


@lru_cache(maxsize=1)
def _registry() -> Registry:
    return Registry([(_DOCUMENT, openapi())], draft=Draft202012)


def _followed(given: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in given:
        return given
    found: Any = openapi()
    for step in given["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return dict(found)
