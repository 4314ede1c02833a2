"""PATCH /api/creator/settings."""

import httpx
import pytest

from tests.integration.api import Answer, Api
from tests.integration.creator.test_settings import DEFAULTS, PATH
from tests.integration.people import People, Person


def update(api: Api, person: Person, **fields: object) -> Answer:
    return api.call("PATCH", PATH, token=person.token, body=fields)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("callRatePerMinute", 1),
        ("callRatePerMinute", 100_000),
        ("minimumCallDuration", 240),
        ("isAvailableForCalls", True),
        ("autoAcceptCalls", True),
        ("messageRate", 7),
    ],
)
def test_what_is_sent_changes_and_the_rest_stays(
    api: Api, creator: Person, field: str, value: object
) -> None:
    answer = update(api, creator, **{field: value})

    assert (answer.status, answer.json) == (200, DEFAULTS | {field: value})
    assert api.get(PATH, creator.token).json == answer.json


def test_an_update_of_nothing_changes_nothing(api: Api, creator: Person) -> None:
    answer = update(api, creator)

    assert (answer.status, answer.json) == (200, DEFAULTS)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("callRatePerMinute", 0),
        ("callRatePerMinute", 100_001),
        ("callRatePerMinute", "25"),
        ("callRatePerMinute", 2.5),
        ("callRatePerMinute", None),
        ("minimumCallDuration", 0),
        ("minimumCallDuration", 241),
        ("messageRate", -1),
        ("isAvailableForCalls", "yes"),
        ("isAvailableForCalls", 1),
    ],
)
def test_a_value_out_of_bounds_is_refused(
    api: Api, creator: Person, field: str, value: object
) -> None:
    refused = update(api, creator, **{field: value})

    assert (refused.status, refused.code) == (422, "validation_failed")
    assert refused.json["errors"][0]["pointer"] == f"/{field}"
    assert api.get(PATH, creator.token).json == DEFAULTS


def test_a_fan_changes_no_settings(api: Api, fan: Person) -> None:
    refused = update(api, fan, messageRate=1)

    assert (refused.status, refused.code) == (403, "role_required")


def test_nobody_changes_the_settings_of_another_over_rest(
    api: Api, people: People, creator: Person, supabase: httpx.Client
) -> None:
    supabase.patch(
        "/rest/v1/creator_settings",
        params={"user_id": f"eq.{creator.id}"},
        json={"message_rate": 9},
        headers={"Authorization": f"Bearer {people.creator().token}"},
    )

    assert api.get(PATH, creator.token).json == DEFAULTS
