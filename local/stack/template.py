"""Reads template.yaml as SAM resolves it: which functions there are, and what each is told.

So `invoke` and `dev` give functions exactly the environment that the deployed ones have.
"""

import platform
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from samcli.yamlhelper import yaml_parse

from local.host.state import PROJECT
from local.services.backing import Backing
from local.services.secrets import ACCOUNT, REGION

TEMPLATE = PROJECT / "template.yaml"
FUNCTION = "AWS::Serverless::Function"
PSEUDO = {
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": "limelight-local",
}
_NOTHING = object()
_VARIABLE = re.compile(r"\$\{([^!][^}]*)\}")


class TemplateError(Exception):
    """The template says something that this reader does not know, or lacks what was asked for."""


@dataclass(frozen=True, slots=True)
class FunctionEntry:
    """One function of the template."""

    logical_id: str
    handler: str
    """`family/action.handler`, below functions/."""
    timeout: int
    memory: int
    environment: dict[str, str]

    @property
    def name(self) -> str:
        """`family/action`, as files and events are named."""
        return self.handler.rpartition(".")[0]


def local_parameters(backing: Backing) -> dict[str, str]:
    """The template's parameters for a stack on this machine."""
    machine = platform.machine().lower()
    return {
        "Stage": backing.stage,
        "SupabaseUrl": backing.supabase_url,
        "SupabasePublishableKey": backing.publishable_key,
        "JwtSecretId": f"limelight/{backing.stage}/jwt",
        "StripeApiBase": backing.stripe.url,
        "LiveKitUrl": "ws://127.0.0.1:7880",
        "Architecture": "arm64" if machine in {"arm64", "aarch64"} else "x86_64",
    }


def read_functions(parameters: Mapping[str, str]) -> list[FunctionEntry]:
    """The functions of the template under these parameters."""
    document = _document()
    resolver = _Resolver(document, parameters)
    defaults = resolver.resolve(document.get("Globals", {}).get("Function", {}))
    return [
        _entry(name, resolver.resolve(resource["Properties"]), defaults)
        for name, resource in document["Resources"].items()
        if resource["Type"] == FUNCTION
    ]


def find_function(name: str, parameters: Mapping[str, str]) -> FunctionEntry:
    """The function of this logical id (`StreamsJoin`) or name (`streams/join`).

    Raises:
        TemplateError: there is none; the message lists those there are.
    """
    entries = read_functions(parameters)
    for entry in entries:
        if name in {entry.logical_id, entry.name}:
            return entry
    known = ", ".join(entry.name for entry in entries)
    raise TemplateError(f"There is no function {name!r}. There are: {known}.")


def _entry(name: str, properties: dict[str, Any], defaults: dict[str, Any]) -> FunctionEntry:
    own = properties.get("Environment", {}).get("Variables", {})
    shared = defaults.get("Environment", {}).get("Variables", {})
    settings = defaults | properties
    return FunctionEntry(
        logical_id=name,
        handler=settings["Handler"],
        timeout=int(settings.get("Timeout", 3)),
        memory=int(settings.get("MemorySize", 128)),
        environment={key: str(value) for key, value in (shared | own).items()},
    )


@lru_cache(maxsize=1)
def _document() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))
    return parsed


class _Resolver:
    """CloudFormation's intrinsic functions, as far as the template uses them."""

    def __init__(self, document: Mapping[str, Any], parameters: Mapping[str, str]) -> None:
        declared = document.get("Parameters", {})
        defaults = {name: declaration.get("Default") for name, declaration in declared.items()}
        if missing := [
            name for name, value in (defaults | dict(parameters)).items() if value is None
        ]:
            raise TemplateError(f"The template needs the parameters {', '.join(missing)}.")
        self._values = PSEUDO | defaults | dict(parameters)
        self._conditions: Mapping[str, Any] = document.get("Conditions", {})
        self._mappings: Mapping[str, Any] = document.get("Mappings", {})

    def resolve(self, value: Any) -> Any:
        """`value` with every intrinsic function in it evaluated."""
        if isinstance(value, list):
            return [item for item in map(self.resolve, value) if item is not _NOTHING]
        if not isinstance(value, Mapping):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name == "Ref" or name == "Condition" or name.startswith("Fn::"):
                return self._evaluate(name, argument)
        resolved = {key: self.resolve(item) for key, item in value.items()}
        return {key: item for key, item in resolved.items() if item is not _NOTHING}

    def _evaluate(self, name: str, argument: Any) -> Any:
        known: dict[str, Callable[[Any], Any]] = {
            "Ref": self._reference,
            "Fn::Sub": self._substitute,
            "Fn::If": self._choose,
            "Fn::FindInMap": self._find_in_map,
            "Fn::GetAtt": lambda path: ".".join(path) if isinstance(path, list) else path,
            "Condition": self._condition,
            "Fn::Equals": lambda pair: self.resolve(pair[0]) == self.resolve(pair[1]),
            "Fn::Not": lambda condition: not self.resolve(condition[0]),
            "Fn::And": lambda conditions: all(map(self.resolve, conditions)),
            "Fn::Or": lambda conditions: any(map(self.resolve, conditions)),
        }
        if name not in known:
            raise TemplateError(f"{name} is not known to the reader of the template.")
        return known[name](argument)

    def _choose(self, argument: list[Any]) -> Any:
        condition, yes, no = argument
        return self.resolve(yes if self._condition(condition) else no)

    def _find_in_map(self, argument: list[Any]) -> Any:
        mapping, row, column = map(self.resolve, argument)
        return self._mappings[mapping][row][column]

    def _reference(self, name: str) -> Any:
        # A resource is known by its logical id until it is deployed.
        return _NOTHING if name == "AWS::NoValue" else self._values.get(name, name)

    def _substitute(self, argument: str | list[Any]) -> str:
        text, own = (argument, {}) if isinstance(argument, str) else argument
        values = self._values | {key: self.resolve(value) for key, value in own.items()}
        return _VARIABLE.sub(lambda match: str(values.get(match[1], match[1])), text)

    def _condition(self, name: str) -> bool:
        return bool(self.resolve(self._conditions[name]))
