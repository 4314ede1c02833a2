"""The rights in the database, for whoever reviews them: `docs/rls.md`.

Made from the catalogue of a migrated database, not from the migrations' texts: what they come to is
what counts. PostgreSQL prints a policy's expression in its own words, which differ from one major
version to the next, so the committed page is the bundled PostgreSQL's.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Any

from psycopg import Connection

from local.documents.rights import (
    BACKEND,
    ROLES,
    UNDER_POLICIES,
    Function,
    Grant,
    Policy,
    Relation,
    Rights,
    read_rights,
)
from local.host.state import PROJECT

DOCUMENT = PROJECT / "docs" / "rls.md"

_ONCE = re.compile(r"\( select ([\w.]+\((?:[^()]|\([^()]*\))*\)) as \w+\)")
_QUOTED = re.compile(r"('(?:[^']|'')*'|\"[^\"]*\")")

_HEAD = """# Row-level security

Who may do what in the database, as its own catalogue has it once every migration is applied. This page
is made by `make docs` on a new database, and a test fails when it is out of date. The expressions are
in the words of the PostgreSQL that comes with the project; others print the same rules a little differently.

What is not on this page is denied, in every schema and to every role. The same is written down by hand
in `tests/database/rights.py`, and a test tries all of it: every table, as a visitor, two fans, a
suspended user, a creator, an admin, the secret key and the backend. `tests/database/lints.py` looks
for the known mistakes.

| role | who comes as it | held by policies |
| --- | --- | --- |
"""
_WHO = {
    "anon": "a client without a token, over REST",
    "authenticated": "a client with a token, over REST; `auth.uid()` is the account's id",
    "service_role": "the admin desk with the secret key, over REST",
    BACKEND: "the `sql` and `money` functions, through the pooler; the only one of the four that logs in",
}

_CLIENTS = """## Tables and views, right by right

A right is a grant and, where policies hold the role, a policy that lets rows through: neither does
anything alone. `(select …)` around a function asks it once a statement. A view has the rights of whoever
reads it, unless the page says otherwise.
"""

_BACKEND = """## What the backend alone reads

The backend reads these whole, by grant and by a policy that is `true`. Nobody writes to them, the backend
included: changes are functions.
"""

_NOBODY = """## What nobody reaches

Row-level security is on, and there is neither a grant nor a policy. Only functions with their owner's
rights come here.
"""

_FUNCTIONS = """## Functions with their owner's rights

`SECURITY DEFINER`: row-level security does not hold inside them, so each decides for itself who may do
what. All have an empty search path.
"""


def document_text(connection: Connection[Any]) -> str:
    """The page as it is committed, read from a migrated database."""
    rights = read_rights(connection)
    return "\n".join(
        [
            _HEAD + "".join(_role(role, rights) for role in ROLES),
            _CLIENTS,
            *_by_domain(filter(_is_told_in_full, rights.relations), _chapter(rights)),
            *_elsewhere(rights),
            _BACKEND,
            *_lists(one for one in rights.relations if _is_backends(one)),
            _NOBODY,
            *_lists(one for one in rights.relations if _is_shut(one)),
            _FUNCTIONS,
            *_functions(rights.functions),
        ]
    )


def _role(role: str, rights: Rights) -> str:
    return f"| `{role}` | {_WHO[role]} | {'no' if role in rights.bypassing else 'yes'} |\n"


def _is_shut(relation: Relation) -> bool:
    return relation.has_policies and not relation.grants and not relation.policies


def _is_backends(relation: Relation) -> bool:
    """Whether there is nothing to say of it but that the backend reads it whole."""
    return (
        relation.has_policies
        and relation.grants == (Grant(BACKEND, "select", None),)
        and [(one.roles, one.verb, one.using) for one in relation.policies]
        == [((BACKEND,), "select", "true")]
    )


def _is_told_in_full(relation: Relation) -> bool:
    return not _is_shut(relation) and not _is_backends(relation)


def _by_domain(relations: Iterable[Relation], chapter: Callable[[Relation], str]) -> Iterator[str]:
    for domain, ours in groupby(relations, key=lambda one: one.domain):
        yield f"### {_title(domain)}\n"
        yield from map(chapter, ours)


def _title(domain: str) -> str:
    return domain.replace("_", " ").capitalize()


def _lists(relations: Iterable[Relation]) -> Iterator[str]:
    rows = [
        f"| {_title(domain)} | {_names(one.name for one in ours)} |\n"
        for domain, ours in groupby(relations, key=lambda one: one.domain)
    ]
    yield f"| | |\n| --- | --- |\n{''.join(rows)}"


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _chapter(rights: Rights) -> Callable[[Relation], str]:
    def chapter(relation: Relation) -> str:
        lines = [f"#### `{relation.name}`\n\n"]
        if relation.is_view:
            lines.append(_view(relation))
        elif not relation.has_policies:
            lines.append("Row-level security is off.\n\n")
        lines.append(_table(relation, rights) if relation.grants else "Granted to nobody.\n")
        return "".join(lines)

    return chapter


def _view(relation: Relation) -> str:
    whose = (
        "the reader's rights (`security_invoker`)"
        if relation.asks_as_reader
        else "ITS OWNER'S RIGHTS"
    )
    return (
        f"A view of {_names(relation.shows)} with {whose}. It shows {_names(relation.columns)}.\n\n"
    )


def _table(relation: Relation, rights: Rights) -> str:
    """A row for each right; roles that have the same one share it."""
    told: dict[tuple[str, str], list[str]] = {}
    for grant in relation.grants:
        told.setdefault((_verb(grant, relation), _reach(grant, relation, rights)), []).append(
            grant.role
        )
    rows = "".join(
        f"| {_names(roles)} | {verb} | {rows} |\n" for (verb, rows), roles in told.items()
    )
    return f"| role | may | which rows, and the policy |\n| --- | --- | --- |\n{rows}"


def _verb(grant: Grant, relation: Relation) -> str:
    """The verb with its columns; those that are kept back, where they are fewer."""
    if grant.columns is None:
        return grant.verb
    kept = [column for column in relation.columns if column not in grant.columns]
    if grant.verb == "select" and len(kept) < len(grant.columns):
        return f"select all but {_names(kept)}"
    return f"{grant.verb} {_names(grant.columns)}"


def _reach(grant: Grant, relation: Relation, rights: Rights) -> str:
    if relation.is_view:
        return "as of the tables"
    if grant.role in rights.bypassing or not relation.has_policies:
        return "every row"
    if grant.verb not in UNDER_POLICIES:
        return "every row (policies do not hold it)"
    policies = [one for one in relation.policies if one.covers(grant.role, grant.verb)]
    return "<br>".join(_rule(one, grant.verb) for one in policies) or "NONE: there is no policy"


def _rule(policy: Policy, verb: str) -> str:
    parts = []
    if policy.using is not None and verb != "insert":
        parts.append("every row" if policy.using == "true" else _code(policy.using))
    if policy.check is not None and verb in ("insert", "update"):
        parts.append(f"to become {_code(policy.check)}" if parts else _new(policy.check))
    also = "" if policy.is_permissive else ", restrictive"
    return f"{', '.join(parts)} ({policy.name}{also})"


def _new(check: str) -> str:
    return "any new row" if check == "true" else f"new rows with {_code(check)}"


def _code(expression: str) -> str:
    """The expression on one line, in lower case, with the parentheses that say something."""
    pieces = _QUOTED.split(" ".join(expression.split()))
    text = "".join(one if one[:1] in ("'", '"') else one.lower() for one in pieces)
    text = _bare(_ONCE.sub(r"(select \1)", text)).replace("( select", "(select")
    return f"`{text}`".replace("|", "\\|")


def _bare(text: str) -> str:
    """Without the parentheses around the whole."""
    depth = 0
    for place, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if depth == 0 and place < len(text) - 1:
            return text
    return _bare(text[1:-1]) if text.startswith("(") else text


def _elsewhere(rights: Rights) -> Iterator[str]:
    """Our policies on tables of Supabase's own, whose grants are not ours either."""
    for table, policies in rights.elsewhere.items():
        rows = "".join(
            f"| {_names(one.roles)} | {one.verb} | {_rule(one, one.verb)} |\n" for one in policies
        )
        yield (
            f"### Supabase's own\n\n#### `{table}`\n\n"
            f"| role | may | which rows, and the policy |\n| --- | --- | --- |\n{rows}"
        )


def _functions(functions: Iterable[Function]) -> Iterator[str]:
    ours = [one for one in functions if not one.is_trigger]
    rows = [f"| `{role}` | {_executed(ours, role, as_owner=True)} |\n" for role in ROLES]
    inner = _names(_once(one.name for one in ours if one.as_owner and not one.roles))
    rows.append(f"| nobody: called by the others, and by triggers and jobs | {inner} |\n")
    triggers = [one for one in functions if one.is_trigger and one.as_owner]
    rows.append(f"| nobody: triggers | {_names(_once(one.name for one in triggers))} |\n")
    yield f"| who may execute them | |\n| --- | --- |\n{''.join(rows)}"
    rows = [f"| `{role}` | {_executed(ours, role, as_owner=False)} |\n" for role in ROLES]
    yield "## Functions with the caller's rights\n"
    yield f"| who may execute them | |\n| --- | --- |\n{''.join(rows)}"


def _executed(functions: Iterable[Function], role: str, *, as_owner: bool) -> str:
    found = [one.name for one in functions if role in one.roles and one.as_owner is as_owner]
    return _names(_once(found)) or "none"


def _once(names: Iterable[str]) -> list[str]:
    """Without the further signatures of a function that has several."""
    return list(dict.fromkeys(names))
