"""Whatever is asked, the answer is one a client can read, and the SQL behind it is well formed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    import httpx

MALFORMED_SQL = ("42601", "42P02", "42P18", "XX000", "PGRSTX00")
COLUMNS = ("id", "title", "author_id", "words", "facts", "facts->a->b->0", "shelf", "full_title")
EMBEDS = ("authors", "books", "tags", "publishers", "profiles", "author_id")
OPERATORS = (
    *("eq", "gte", "like", "ilike", "in", "is", "isdistinct", "cs", "ov", "adj", "plfts(english)"),
    *("match", "not.eq", "eq(any)", "like(all)", "not.in"),
)
VALUES = ("1", "null", "(1,2)", '("a",b)', "{1,2}", "[1,5)", "a*", "", "\\", '"', "(", "%", "é")

column = st.sampled_from(COLUMNS)
embed = st.sampled_from(EMBEDS)
plain = st.tuples(
    st.sampled_from(("", "x:")), column, st.sampled_from(("", "::text", ".count()", ".sum()::int"))
).map("".join)
item = st.recursive(
    plain | st.sampled_from(("*", "count()", "n:count()")),
    lambda inner: st.tuples(
        st.sampled_from(("", "...", "x:")),
        embed,
        st.sampled_from(("", "!inner", "!left")),
        st.lists(inner, max_size=3).map(lambda items: f"({','.join(items)})"),
    ).map("".join),
    max_leaves=6,
)
select = st.lists(item, min_size=1, max_size=3).map(lambda items: ("select", ",".join(items)))
prefix = st.sampled_from(("", "authors.", "x."))
operation = st.tuples(st.sampled_from(OPERATORS), st.sampled_from(VALUES)).map(".".join)
condition = st.tuples(st.tuples(prefix, column | embed).map("".join), operation)
logic = st.lists(condition.map(".".join), min_size=1, max_size=3).map(
    lambda terms: ("or", f"({','.join(terms)})")
)
order = st.tuples(
    prefix.map(lambda name: f"{name}order"),
    st.tuples(column, st.sampled_from(("", ".desc", ".asc.nullsfirst"))).map("".join)
    | st.tuples(embed, column).map(lambda pair: f"{pair[0]}({pair[1]})"),
)
bound = st.tuples(
    st.tuples(prefix, st.sampled_from(("limit", "offset"))).map("".join),
    st.sampled_from(("0", "1", "-1", "x", "99999999999999999999")),
)
query = st.tuples(select, st.lists(condition | logic | order | bound, max_size=3)).map(
    lambda parts: [parts[0], *parts[1]]
)
accept = st.sampled_from(("*/*", "text/csv", "application/vnd.pgrst.object+json", "x/y"))
prefer = st.sampled_from(
    ("count=exact", "count=planned", "count=estimated", "return=representation", "timezone=UTC")
)
path = st.sampled_from(("/books", "/authors", "/rpc/all_books"))


@settings(max_examples=200, deadline=None)
@given(path, query, accept, prefer)
def test_reads(
    rolled_back: httpx.Client, path: str, query: list[tuple[str, str]], accept: str, prefer: str
) -> None:
    answer = rolled_back.get(
        path, params=tuple(query), headers={"Accept": accept, "Prefer": prefer}
    )
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert answer.json()["code"] not in MALFORMED_SQL, answer.text


bodies = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(column | st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
).map(lambda value: json.dumps(value).encode()) | st.binary(max_size=20)
written = st.sampled_from(
    (
        *("return=representation", "return=headers-only", "resolution=merge-duplicates"),
        *("missing=default, return=representation", "handling=strict, max-affected=1"),
    )
)
content = st.sampled_from(
    ("application/json", "text/csv", "application/x-www-form-urlencoded", "text/plain")
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(("POST", "PATCH", "PUT", "DELETE")), query, bodies, written, content)
def test_writes(
    rolled_back: httpx.Client,
    method: str,
    query: list[tuple[str, str]],
    body: bytes,
    prefer: str,
    content: str,
) -> None:
    headers = {"Prefer": prefer, "Content-Type": content}
    answer = rolled_back.request(
        method, "/books", params=tuple(query), headers=headers, content=body
    )
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert answer.json()["code"] not in MALFORMED_SQL, answer.text
