"""`python -m local apidiff --base main`: what a change of the API document breaks for its clients.

The committed document is compared with the one of another commit. A change breaks when a request
that was good may be refused, or an answer may hold what it could not before, or lack what it always
had. What cannot be told is taken to break. A break that is meant is stated in docs/api-changes.md,
word for word; a statement that the other commit already has was for an earlier break.

New refusals are no break: a client that does not know a `code` has its status to go by.
"""

import json
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any, Final

import click

from local.documents.schemadiff import Document, excess, followed
from local.host.state import PROJECT

DOCUMENT: Final = "docs/openapi.json"
STATEMENTS: Final = "docs/api-changes.md"

_SENT: Final = ("type", "scheme", "in", "name")
_METHODS: Final = ("get", "post", "patch", "put", "delete")


class NoSuchBaseError(click.ClickException):
    """The commit to compare with is not there."""


@click.command("apidiff")
@click.option("--base", default="main", show_default=True, help="The commit to compare with.")
def command(base: str) -> None:
    """Fail when the API document breaks its clients in a way that is not stated."""
    before, now = json.loads(_at(base, DOCUMENT)), json.loads((PROJECT / DOCUMENT).read_text())
    found = list(breaks(before, now))
    unstated = unstated_of(found, (PROJECT / STATEMENTS).read_text(), _at(base, STATEMENTS))
    for one in found:
        click.echo(f"{'breaks' if one in unstated else 'stated'}  {one}")
    if unstated:
        raise click.ClickException(
            f"{len(unstated)} breaking changes: take them back, or state them in {STATEMENTS}"
        )
    click.echo("no breaking change" if not found else "every breaking change is stated")


def unstated_of(found: list[str], statements: str, earlier: str) -> list[str]:
    """Those of the breaks that are not stated anew."""
    new = set(statements.splitlines()) - set(earlier.splitlines())
    return [one for one in found if not any(f"`{one}`" in line for line in new)]


def breaks(before: Document, now: Document) -> Iterator[str]:
    """Every change that breaks a client of the document as it was, in words."""
    for path, method, old in _operations(before):
        name = f"{method.upper()} {path}"
        new = now["paths"].get(path, {}).get(method)
        if new is None:
            yield f"{name}: is gone"
            continue
        pair = _Pair(old, new, before, now)
        for found in (*pair.request(), *pair.answers()):
            yield f"{name}: {found}"


def _operations(document: Document) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method in _METHODS:
            if method in methods:
                yield path, method, methods[method]


class _Pair:
    """One operation, as it was in one document and is in another."""

    def __init__(
        self, old: Mapping[str, Any], new: Mapping[str, Any], before: Document, now: Document
    ) -> None:
        self._old, self._new = old, new
        self._before, self._now = before, now

    def request(self) -> Iterator[str]:
        yield from self._security()
        yield from self._parameters()
        yield from self._body()

    def _security(self) -> Iterator[str]:
        asked = [_schemes(one, self._now) for one in self._new.get("security", [{}])]
        for given in self._old.get("security", [{}]):
            sent = _schemes(given, self._before)
            if not any(one <= sent for one in asked):
                yield f"{' and '.join(sorted(given)) or 'no token'} is no longer enough"

    def _parameters(self) -> Iterator[str]:
        old, new = _parameters(self._old), _parameters(self._new)
        for key in sorted(old.keys() - new.keys()):
            yield f"{' '.join(key)}: is gone"
        for key in sorted(new.keys() - old.keys()):
            if new[key].get("required"):
                yield f"{' '.join(key)}: is new and required"
        for key in sorted(old.keys() & new.keys()):
            if new[key].get("required") and not old[key].get("required"):
                yield f"{' '.join(key)}: is now required"
            yield from (
                f"{' '.join(key)}{one}"
                for one in excess(old[key]["schema"], self._before, new[key]["schema"], self._now)
            )

    def _body(self) -> Iterator[str]:
        old, new = self._old.get("requestBody"), self._new.get("requestBody")
        if old is None:
            if new is not None and new.get("required"):
                yield "body: is new and required"
            return
        if new is None:
            yield "body: is gone"
            return
        if new.get("required") and not old.get("required"):
            yield "body: is now required"
        for media_type, content in old["content"].items():
            if media_type not in new["content"]:
                yield f"body: {media_type} is no longer taken"
                continue
            taken = new["content"][media_type]["schema"]
            for one in excess(content["schema"], self._before, taken, self._now):
                yield f"body{one}"

    def answers(self) -> Iterator[str]:
        for status, given in self._old["responses"].items():
            if not status.startswith("2"):
                continue
            if status not in self._new["responses"]:
                yield f"{status}: is no longer answered"
                continue
            old = followed(given, self._before)
            new = followed(self._new["responses"][status], self._now)
            yield from (f"{status} {one}" for one in self._answer(old, new))

    def _answer(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
        for name, header in old.get("headers", {}).items():
            if followed(header, self._before).get("required") and not (
                name in new.get("headers", {})
                and followed(new["headers"][name], self._now).get("required")
            ):
                yield f"header {name}: is no longer always sent"
        for media_type, content in old["content"].items():
            if media_type not in new["content"]:
                yield f"body: is no longer {media_type}"
                continue
            given = new["content"][media_type]["schema"]
            for one in excess(given, self._now, content["schema"], self._before):
                yield f"body{one}"


def _schemes(requirement: Mapping[str, Any], document: Document) -> set[tuple[str, ...]]:
    """What a requirement has sent: its schemes' names are the document's own affair."""
    known = document.get("components", {}).get("securitySchemes", {})
    told = [known.get(name, {"type": name}) for name in requirement]
    return {tuple(str(one.get(key, "")) for key in _SENT) for one in told}


def _parameters(operation: Mapping[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(one["in"], one["name"]): one for one in operation.get("parameters", [])}


def _at(base: str, path: str) -> str:
    """A file as a commit has it; nothing, where the commit has no such file."""
    if _git("rev-parse", "--verify", "--quiet", f"{base}^{{commit}}") is None:
        raise NoSuchBaseError(f"there is no commit {base} to compare with: fetch it first")
    text = _git("show", f"{base}:{path}")
    return text if text is not None else _EMPTY[path]


_EMPTY: Final = {DOCUMENT: '{"paths": {}}', STATEMENTS: ""}


def _git(*arguments: str) -> str | None:
    ran = subprocess.run(
        ["git", *arguments], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    return ran.stdout if ran.returncode == 0 else None
