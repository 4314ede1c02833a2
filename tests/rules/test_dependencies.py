"""Every dependency says what it is for, and the documents lead to what is there."""

import re
import tomllib
from pathlib import Path

import pytest

from local.host.state import PROJECT

DEPENDENCIES = PROJECT / "docs" / "dependencies.md"
DOCUMENTS = [PROJECT / "README.md", *sorted((PROJECT / "docs").rglob("*.md"))]

_NAME = re.compile(r"[\w-]+")
_ROW = re.compile(r"^\| `([\w-]+)` \| (.+?) \|", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def declared() -> list[str]:
    """The dependencies of pyproject.toml, in its order."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    requirements = project["project"]["dependencies"]
    for group in project["dependency-groups"].values():
        requirements = requirements + group
    return [match[0] for match in map(_NAME.match, requirements) if match]


def test_every_dependency_has_its_row_and_no_other() -> None:
    assert [name for name, _ in _ROW.findall(DEPENDENCIES.read_text())] == declared()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_a_document_leads_to_files_that_are_there(document: Path) -> None:
    text = _CODE.sub("", document.read_text())
    targets = [link.partition("#")[0] for link in _LINK.findall(text) if "://" not in link]

    assert [one for one in targets if one and not (document.parent / one).exists()] == []
