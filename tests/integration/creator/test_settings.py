"""GET /api/creator/settings."""

from tests.integration.api import Api
from tests.integration.people import People, Person

PATH = "/api/creator/settings"
DEFAULTS = {
    "callRatePerMinute": 25,
    "minimumCallDuration": 5,
    "isAvailableForCalls": False,
    "autoAcceptCalls": False,
    "messageRate": 0,
}


def test_a_creator_begins_with_the_defaults(api: Api, creator: Person) -> None:
    answer = api.get(PATH, creator.token)

    assert (answer.status, answer.json) == (200, DEFAULTS)
    assert answer.headers["cache-control"] == "no-store"


def test_an_admin_has_settings_as_well(api: Api, people: People) -> None:
    assert api.get(PATH, people.admin().token).json == DEFAULTS


def test_a_fan_has_none(api: Api, fan: Person) -> None:
    refused = api.get(PATH, fan.token)

    assert (refused.status, refused.code) == (403, "role_required")
