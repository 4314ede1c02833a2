"""The router of one endpoint, which declares how it reaches the data and who may call it."""

from typing import Any

from fastapi import APIRouter, Depends

from limelight.http.accounts import directory_for
from limelight.http.caller import Authorise
from limelight.http.patterns import Pattern, Who
from limelight.http.problems import MEDIA_TYPE, ProblemBody

_PROBLEM: dict[str, Any] = {
    "model": ProblemBody,
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemBody"}}},
}


class Endpoint(APIRouter):
    """One route. `pattern` and `who` are the declaration that the template, the documents and the
    rules tests are checked against; `tag` is the chapter of the API document."""

    def __init__(self, pattern: Pattern, who: Who, *, tag: str) -> None:
        self.pattern = pattern
        self.who = who
        super().__init__(
            tags=[tag],
            dependencies=[Depends(Authorise(directory_for(pattern), who))],
            responses={"4XX": _PROBLEM | {"description": "The request was refused"}},
        )

    def add_api_route(self, path: str, endpoint: Any, **options: Any) -> None:
        """Adds the route, and the declaration to its entry in the API document."""
        options["openapi_extra"] = (options.get("openapi_extra") or {}) | {
            "x-access-pattern": self.pattern.value,
            "x-caller": self.who.value,
            "security": [{}, {"HTTPBearer": []}]
            if self.who.token_is_optional
            else [{"HTTPBearer": []}],
        }
        options["response_model_by_alias"] = True
        super().add_api_route(path, endpoint, **options)
