"""Finds every function of the product: the one place that walks `functions/`."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from types import ModuleType
from typing import Any

from fastapi.routing import APIRoute
from pydantic import BaseModel

from limelight.http import Endpoint
from local.host.state import PROJECT

FUNCTIONS = PROJECT / "functions"
JOBS = "jobs"


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """One Lambda function: the file `functions/<family>/<action>.py`."""

    family: str
    action: str
    module: ModuleType

    @property
    def name(self) -> str:
        """`family/action`, as in the template's handlers and the names of the events."""
        return f"{self.family}/{self.action}"

    @property
    def logical_id(self) -> str:
        """The function's name in the template."""
        words = f"{self.family}_{self.action}".split("_")
        return "".join(word.capitalize() for word in words)

    @property
    def summary(self) -> str:
        """The module's docstring in one line."""
        return (self.module.__doc__ or "").strip()

    def handle(self, event: Mapping[str, Any], context: object) -> Any:
        """Runs the function as Lambda would."""
        return self.module.handler(event, context)


@dataclass(frozen=True, slots=True, eq=False)
class HttpFunction(Function):
    """A function behind API Gateway."""

    router: Endpoint

    @property
    def route(self) -> APIRoute:
        """Its one route."""
        (route,) = (route for route in self.router.routes if isinstance(route, APIRoute))
        return route

    @property
    def body_model(self) -> type[BaseModel] | None:
        """What the endpoint takes as its body; None when it takes none, or reads it raw."""
        model: type[BaseModel] | None = self.route.endpoint.__annotations__.get("body")
        return model

    @property
    def answer_model(self) -> type[BaseModel]:
        """What the endpoint answers when all goes well."""
        model: type[BaseModel] = self.route.endpoint.__annotations__["return"]
        return model

    @property
    def path(self) -> str:
        return self.route.path

    @property
    def method(self) -> str:
        (method,) = self.route.methods or {""}
        return method


@lru_cache(maxsize=1)
def functions() -> tuple[Function, ...]:
    """Every function, sorted by name. Their settings must be in the environment."""
    return tuple(
        _load(path.parent.name, path.stem)
        for path in sorted(FUNCTIONS.glob("*/*.py"))
        if path.stem != "__init__"
    )


def http_functions() -> tuple[HttpFunction, ...]:
    """The functions behind API Gateway."""
    return tuple(one for one in functions() if isinstance(one, HttpFunction))


def _load(family: str, action: str) -> Function:
    module = import_module(f"functions.{family}.{action}")
    router = getattr(module, "router", None)
    if router is None:
        return Function(family, action, module)
    return HttpFunction(family, action, module, router)
