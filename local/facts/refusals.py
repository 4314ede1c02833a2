"""What an endpoint can refuse, by code: read from its code, and from the SQL that it comes to.

A code is either the kernel's, by what the endpoint declares and takes, or a literal on the way: in
Python a string that is one of `limelight.errors.KINDS`, in SQL what `private.fail` is called with.
The suites hold every answer that they get against this (`tests/conformity.py`).
"""

import ast
import re
from collections.abc import Iterator, Mapping
from itertools import chain

from fastapi.dependencies.models import Dependant

from limelight.errors import KINDS
from limelight.http import Limit, Pattern, Who
from limelight.http.problems import IDEMPOTENCY_HEADER
from local.facts.endpoints import HttpFunction
from local.facts.footprint import footprint_of
from local.facts.reach import Piece, reached
from local.facts.sqlcalls import calls_of, literals

_VERDICT = re.compile(r"\bverdict text := ([\w.]+)\(")
_BODY_METHODS = ("POST", "PATCH")

TOKEN = ("token_invalid", "token_expired", "account_suspended")
OUTAGE = ("upstream_unavailable", "deadline_exceeded")
PAYERS = {"insufficient_balance", "idempotency_key_reused"}
"""Told to whoever pays with a key of their own: what an event or an admin sets off is booked under
a key that the platform makes, and takes what is set aside or becomes a debt."""
OWNERS = (Who.OWNER, Who.CREATOR)
THEIRS = ("private.stream_access", "private.show_access")
"""The access rules that let owners in to what is theirs."""
BODY = ("body_too_large", "unsupported_media_type")


def refusals_of(function: HttpFunction) -> Mapping[int, tuple[str, ...]]:
    """The codes that `function` can answer, sorted, by their status."""
    codes = set(chain(_of_the_kernel(function), _of_the_code(function), _of_the_data(function)))
    if not _takes_key(function.route.dependant):
        codes -= PAYERS
    by_status: dict[int, tuple[str, ...]] = {}
    for code in sorted(codes, key=lambda one: (KINDS[one].status, one)):
        status = KINDS[code].status
        by_status[status] = (*by_status.get(status, ()), code)
    return by_status


def _of_the_kernel(function: HttpFunction) -> Iterator[str]:
    router, taken = function.router, function.route.dependant
    yield from (*TOKEN, *OUTAGE, "internal_error")
    if not router.who.token_is_optional:
        yield "authentication_required"
    if router.who in (Who.ADMIN, Who.CREATOR):
        yield "role_required"
    if router.limit is not Limit.NONE:
        yield "rate_limited"
    if function.method in _BODY_METHODS or _takes_key(taken):
        yield from BODY
    if _takes_key(taken):
        yield from ("idempotency_key_required", "malformed_json")
    if taken.body_params:
        yield "malformed_json"
    if taken.body_params or taken.path_params or _takes_more_than_a_token(taken):
        yield "validation_failed"


def _takes_key(taken: Dependant) -> bool:
    return any(
        field.alias == IDEMPOTENCY_HEADER for one in _flat(taken) for field in one.header_params
    )


def _takes_more_than_a_token(taken: Dependant) -> bool:
    return any(one.query_params for one in _flat(taken))


def _flat(taken: Dependant) -> Iterator[Dependant]:
    yield taken
    for one in taken.dependencies:
        yield from _flat(one)


def _of_the_code(function: HttpFunction) -> Iterator[str]:
    for piece in reached(function):
        yield from _told(piece)


def _told(piece: Piece) -> Iterator[str]:
    """The codes in a function or class of the layer, or in a constant that one of them uses."""
    if piece.is_query:
        return
    if piece.source is None:
        yield from _in(piece.value)
        return
    for node in ast.walk(ast.parse(piece.source)):
        if isinstance(node, ast.Constant):
            yield from _in(node.value)


def _in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        if value in KINDS:
            yield value
    elif isinstance(value, Mapping):
        yield from _in(tuple(value.values()))
    elif isinstance(value, tuple | list | frozenset):
        for one in value:
            yield from _in(one)


def _of_the_data(function: HttpFunction) -> Iterator[str]:
    footprint = footprint_of(function)
    for text in footprint.texts:
        for _, code, *_ in calls_of("private.fail", text):
            yield from literals(code) & KINDS.keys() or _verdicts(function, text)
    if any(not query.repeatable for query in footprint.queries):
        yield "outcome_unknown"
    if function.router.pattern is Pattern.REST and footprint.writes:
        yield "forbidden"


def _verdicts(function: HttpFunction, text: str) -> Iterator[str]:
    """Why somebody has no access, of what an access rule can answer; the rest is no refusal."""
    for rule in _VERDICT.findall(text):
        if rule in THEIRS and function.router.who in OWNERS:
            continue
        for word in literals(footprint_of(function).bodies[rule]) & KINDS.keys():
            if KINDS[word].status == 403:
                yield word
