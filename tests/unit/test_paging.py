"""Cursors: what a list made it reads again, and nothing else."""

import base64
import contextlib
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AwareDatetime

from limelight.errors import Problem
from limelight.paging import Int32, Int64, Keyset, PageRequest

BY_TIME = Keyset("tests.by_time", tuple[AwareDatetime, UUID])
BY_COUNT = Keyset("tests.by_count", tuple[Int32, UUID])
BY_NUMBER = Keyset("tests.by_number", tuple[Int64])

moments = st.datetimes(timezones=st.just(UTC))


def page(cursor: str | None, limit: int = 20) -> PageRequest:
    return PageRequest(limit, cursor)


@given(moments, st.uuids())
def test_a_moment_and_an_id_come_back_as_they_went(moment: datetime, row_id: UUID) -> None:
    assert page(BY_TIME.cursor((moment, row_id))).after(BY_TIME) == (moment, row_id)


@given(st.integers(0, 2**31 - 1), st.uuids())
def test_a_count_and_an_id_come_back_as_they_went(count: int, row_id: UUID) -> None:
    assert page(BY_COUNT.cursor((count, row_id))).after(BY_COUNT) == (count, row_id)


@given(st.integers(0, 2**63 - 1))
def test_a_number_comes_back_as_it_went(number: int) -> None:
    assert page(BY_NUMBER.cursor((number,))).after(BY_NUMBER) == (number,)


@given(st.integers(0, 2**63 - 1))
def test_a_cursor_needs_no_escaping_in_a_query(number: int) -> None:
    assert set(BY_NUMBER.cursor((number,))) <= set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_="
    )


@given(st.text() | st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_a_cursor_that_was_made_up_is_refused_and_nothing_worse(cursor: str) -> None:
    reads = (BY_TIME.read, BY_COUNT.read, BY_NUMBER.read)
    for read in reads:
        with pytest.raises(Problem) as caught:
            read(cursor)

        assert caught.value.code == "validation_failed"
        assert [fault["parameter"] for fault in caught.value.errors] == ["cursor"]


@given(st.binary())
def test_a_key_that_was_made_up_is_refused_and_nothing_worse(key: bytes) -> None:
    cursor = base64.urlsafe_b64encode(b"tests.by_number " + key).decode()

    with contextlib.suppress(Problem):
        (number,) = BY_NUMBER.read(cursor)
        assert 0 <= number < 2**63


def test_lists_do_not_read_each_others_cursors() -> None:
    other = Keyset("tests.by_another_number", tuple[Int64])

    with pytest.raises(Problem):
        page(BY_NUMBER.cursor((5,))).after(other)


@pytest.mark.parametrize("number", [-1, 2**63])
def test_a_number_that_the_database_cannot_compare_is_refused(number: int) -> None:
    with pytest.raises(Problem):
        page(BY_NUMBER.cursor((number,))).after(BY_NUMBER)


def test_the_first_page_has_no_key() -> None:
    assert page(None).after(BY_NUMBER) is None


@given(st.integers(1, 100), st.integers(0, 250))
def test_pages_of_any_size_show_every_row_once(limit: int, total: int) -> None:
    rows = list(range(total))
    shown: list[int] = []
    start = 0
    while True:
        request = page(None, limit)
        some, last = request.split(rows[start : start + request.probe])
        assert len(some) <= limit
        shown += some
        if last is None:
            break
        start = last + 1

    assert shown == rows
