"""The router of one endpoint, which declares how it reaches the data and who may call it."""

import sys
from typing import Any, get_type_hints

from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute
from pydantic import BaseModel

from limelight.http.accounts import directory_for
from limelight.http.blocking import blocking
from limelight.http.caller import Authorise
from limelight.http.limits import limit_dependencies
from limelight.http.patterns import Pattern, Who
from limelight.limits.models import Limit


class Endpoint(APIRouter):
    """One route. `pattern` and `who` are the declaration that the template, the documents and the
    rules tests are checked against; `tag` is the chapter of the API document, `why` the reason for
    the pattern in docs/access-patterns.md, `limit` how often the same caller may call it."""

    def __init__(
        self, pattern: Pattern, who: Who, *, tag: str, why: str, limit: Limit = Limit.DEFAULT
    ) -> None:
        self.pattern = pattern
        self.who = who
        self.why = why
        self.limit = limit
        super().__init__(
            tags=[tag],
            dependencies=[
                Depends(Authorise(directory_for(pattern), who)),
                *limit_dependencies(pattern, limit),
            ],
            generate_unique_id_function=_operation_id,
        )

    def add_api_route(self, path: str, endpoint: Any, **options: Any) -> None:
        """Adds the route, and the declaration to its entry in the API document."""
        options["summary"] = _summary(endpoint)
        options["openapi_extra"] = {
            "x-access-pattern": self.pattern.value,
            "x-caller": self.who.value,
            "x-rate-limit": {"name": self.limit.value, "per": self.limit.per.value},
            **(options.get("openapi_extra") or {}),
        }
        _build_models(endpoint)
        super().add_api_route(path, blocking(endpoint), **options)


def _build_models(endpoint: Any) -> None:
    """Builds the route's own models while the function starts; the domain's others wait until
    somebody uses them (`limelight.schema`)."""
    for hint in get_type_hints(endpoint).values():
        if isinstance(hint, type) and issubclass(hint, BaseModel):
            hint.model_config["defer_build"] = False
            hint.model_rebuild()


def _operation_id(route: APIRoute) -> str:
    """`streamsViewerHeartbeat` for functions/streams/viewer_heartbeat.py."""
    family, action = route.endpoint.__module__.split(".")[-2:]
    first, *rest = f"{family}_{action}".split("_")
    return first + "".join(word.capitalize() for word in rest)


def _summary(endpoint: Any) -> str:
    """What the function's docstring says after the method and path."""
    said = (sys.modules[endpoint.__module__].__doc__ or "").partition(": ")[2].strip()
    return said[:1].upper() + said[1:].removesuffix(".")
