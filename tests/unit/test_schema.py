"""The types of every request and response."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from limelight.schema import HttpsUrl, Input, Line, Moment, Output, Text, Timestamp, WholeNumber

TEXT = TypeAdapter[str](Text)
LINE = TypeAdapter[str](Line)
URL = TypeAdapter[str](HttpsUrl)
WHOLE = TypeAdapter[int](WholeNumber)
MOMENT = TypeAdapter[datetime](Moment)
TIMESTAMP = TypeAdapter[datetime](Timestamp)

any_text = st.text(st.characters())
offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(timezones=offsets).filter(lambda moment: 1 < moment.year < 9999)


def fits(adapter: TypeAdapter[Any], value: object) -> bool:
    try:
        adapter.validate_python(value)
    except ValidationError:
        return False
    return True


@given(any_text)
def test_text_is_kept_as_it_is_if_postgresql_can_keep_it(text: str) -> None:
    storable = "\x00" not in text and not any("\ud800" <= one <= "\udfff" for one in text)

    assert fits(TEXT, text) == storable
    if storable:
        assert TEXT.validate_python(text) == text


@given(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])))
def test_a_line_has_no_white_space_around_it_and_says_something(text: str) -> None:
    assert fits(LINE, text) == bool(text.strip())
    if text.strip():
        assert LINE.validate_python(text) == text.strip()


@given(st.integers())
def test_a_whole_number_is_written_as_one(number: int) -> None:
    assert WHOLE.validate_python(number) == number


@pytest.mark.parametrize(
    "value", [1.0, 1.5, "1", True, False, None, [], float("nan"), float("inf")]
)
def test_nothing_else_is_a_whole_number(value: object) -> None:
    assert not fits(WHOLE, value)


@given(st.floats() | st.text() | st.booleans() | st.none())
def test_no_other_kind_of_value_becomes_a_whole_number(value: object) -> None:
    assert not fits(WHOLE, value)


@given(moments)
def test_a_moment_is_shown_in_utc_with_a_z(moment: datetime) -> None:
    class Shown(Output):
        created_at: Timestamp

    written = json.loads(Shown(created_at=moment).model_dump_json(by_alias=True))["createdAt"]

    assert written.endswith("Z")
    assert datetime.fromisoformat(written) == moment
    assert datetime.fromisoformat(written).utcoffset() == timedelta(0)


@given(moments)
def test_a_moment_is_read_with_any_offset(moment: datetime) -> None:
    assert MOMENT.validate_python(moment.isoformat()) == moment


@given(st.integers() | st.floats() | st.integers().map(str) | st.dates().map(str) | st.booleans())
def test_a_count_of_seconds_or_a_date_is_no_moment(value: object) -> None:
    assert not fits(MOMENT, value)


@pytest.mark.parametrize(
    "text", ["2026-01-01T00:00", "2026-01-01T00:00:00", "2026-13-01T00:00:00Z"]
)
def test_a_moment_needs_its_offset_and_a_day_that_is(text: str) -> None:
    assert not fits(MOMENT, text)


@pytest.mark.parametrize(
    ("address", "good"),
    [
        ("https://a", True),
        ("https://example.com/a?b=c#d", True),
        ("https://" + "a" * 2040, True),
        ("https://" + "a" * 2041, False),
        ("https://", False),
        ("https:///a", False),
        ("HTTPS://a", False),
        ("http://a", False),
        ("javascript:alert(1)//https://a", False),
        ("https://a b", False),
        ("https://a\n", False),
        (" https://a", False),
        ("https://a\x00", False),
        ("", False),
    ],
    ids=lambda value: str(value)[:30],
)
def test_an_address_is_https(address: str, good: bool) -> None:
    assert fits(URL, address) == good


def test_a_timestamp_of_another_zone_becomes_utc() -> None:
    there = datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))

    assert TIMESTAMP.validate_python(there).isoformat() == "2026-01-01T00:00:00+00:00"
    assert TIMESTAMP.validate_python(there) == datetime(2026, 1, 1, tzinfo=UTC)


def test_a_request_is_camel_case_and_knows_its_fields() -> None:
    class Asked(Input):
        gift_id: int

    assert Asked.model_validate({"giftId": 1}).gift_id == 1
    for body in ({"gift_id": 1}, {"giftId": 1, "price": 2}, {}):
        with pytest.raises(ValidationError):
            Asked.model_validate(body)
