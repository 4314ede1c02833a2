"""SQL lives in one file a domain, and leaves nothing behind on a pooled connection."""

import ast
import re
from pathlib import Path

import pytest

from local.host.state import PROJECT

LIMELIGHT = PROJECT / "layers" / "common" / "limelight"
SOURCES = sorted(LIMELIGHT.rglob("*.py"))
QUERIES = sorted(LIMELIGHT.rglob("queries.py"))
DIRECTORY = LIMELIGHT / "http" / "directory" / "sql.py"

STATEMENT = re.compile(r"^\s*(select|insert|update|delete|with|call)\s", re.IGNORECASE)
SESSION_STATE = {
    "SET without LOCAL": re.compile(
        r"\bset\s+(?!local\b)(session\b|\w+\s*(=|to)\s)", re.IGNORECASE
    ),
    "set_config for the session": re.compile(r"set_config\([^)]*false\s*\)", re.IGNORECASE),
    "a session advisory lock": re.compile(
        r"pg_(try_)?advisory_(un)?lock(_shared)?\(", re.IGNORECASE
    ),
    "LISTEN": re.compile(r"\b(un)?listen\s+\w", re.IGNORECASE),
    "a temporary table": re.compile(r"\btemp(orary)?\s+table\b", re.IGNORECASE),
    "a cursor or PREPARE": re.compile(r"\b(declare\s+\w+\s+cursor|prepare\s+\w+)", re.IGNORECASE),
}


def statements(path: Path) -> list[str]:
    """The literal texts of a file that are SQL."""
    texts = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            texts.append(node.value)
        if isinstance(node, ast.JoinedStr):
            texts.append("".join(ast.unparse(part) for part in node.values))
    return [text for text in texts if STATEMENT.match(text)]


def name(path: Path) -> str:
    return str(path.relative_to(LIMELIGHT))


@pytest.mark.parametrize(
    "path", [path for path in SOURCES if path not in [*QUERIES, DIRECTORY]], ids=name
)
def test_sql_is_written_in_the_queries_file_of_its_domain(path: Path) -> None:
    assert statements(path) == []


@pytest.mark.parametrize("path", [*QUERIES, DIRECTORY], ids=name)
def test_no_statement_leaves_state_on_a_pooled_connection(path: Path) -> None:
    found = [
        (what, text)
        for text in statements(path)
        for what, pattern in SESSION_STATE.items()
        if what != "SET without LOCAL" or not re.match(r"\s*(with|update)", text)
        if pattern.search(text)
    ]

    assert found == []


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_a_domain_reads_its_own_queries_only(path: Path) -> None:
    domain = path.parent.name
    imported = [
        f"{node.module}.{alias.name}"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    ]

    foreign = [one for one in imported if one.endswith(".queries")]
    assert all(one == f"limelight.{domain}.queries" for one in foreign)


def test_the_direct_port_is_named_only_where_it_is_refused() -> None:
    shipped = [*SOURCES, *(PROJECT / "functions").rglob("*.py"), PROJECT / "template.yaml"]
    lines = [
        f"{path.relative_to(PROJECT)}: {line.strip()}"
        for path in shipped
        for line in path.read_text().splitlines()
        if "5432" in line
    ]

    assert all(line.startswith("layers/common/limelight/data/system.py: ") for line in lines), lines
    assert any('DIRECT_PORT: Final = "5432"' in line for line in lines)
