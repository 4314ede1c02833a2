"""POST /api/streams/{streamId}/slow-mode."""

from uuid import uuid4

import pytest

from tests.integration.api import Answer, Api
from tests.integration.moments import in_days
from tests.integration.outbox import told
from tests.integration.people import OpenStream, Owner, People, Person


def slow_down(api: Api, stream: str, host: Person, seconds: object) -> Answer:
    return api.post(f"/api/streams/{stream}/slow-mode", host.token, {"seconds": seconds})


@pytest.mark.parametrize("seconds", [0, 5, 10, 15, 30, 60, 120, 300])
def test_the_host_sets_the_pace(
    api: Api, owner: Owner, fan: Person, creator: Person, stream: str, seconds: int
) -> None:
    slowed = slow_down(api, stream, creator, seconds)

    assert (slowed.status, slowed.json) == (200, {"streamId": stream, "seconds": seconds})
    assert slowed.headers["cache-control"] == "no-store"
    assert told(owner, stream, "slow_mode") == [{"seconds": seconds}]


def test_the_last_pace_is_the_one_that_counts(
    api: Api, owner: Owner, fan: Person, creator: Person, stream: str
) -> None:
    for seconds in (300, 5, 0):
        slow_down(api, stream, creator, seconds)

    lines = [
        api.post(f"/api/streams/{stream}/message", fan.token, {"content": "hello"}).status
        for _ in range(2)
    ]
    assert lines == [201, 201]
    assert told(owner, stream, "slow_mode") == [{"seconds": 300}, {"seconds": 5}, {"seconds": 0}]


def test_setting_what_is_set_is_told_to_nobody(
    api: Api, owner: Owner, creator: Person, stream: str
) -> None:
    answers = [slow_down(api, stream, creator, 30) for _ in range(2)]

    assert [one.status for one in answers] == [200, 200]
    assert told(owner, stream, "slow_mode") == [{"seconds": 30}]


def test_the_pace_can_be_set_before_the_stream_begins(
    api: Api, creator: Person, open_stream: OpenStream
) -> None:
    assert slow_down(api, open_stream(scheduledFor=in_days(1)), creator, 30).status == 200


@pytest.mark.parametrize(
    "seconds", [1, -5, 301, 20, 5.0, 0.0, "5", None, True, False, [], 2**63], ids=repr
)
def test_there_are_eight_paces_and_no_other(
    api: Api, owner: Owner, creator: Person, stream: str, seconds: object
) -> None:
    refused = slow_down(api, stream, creator, seconds)

    assert (refused.status, refused.code) == (422, "validation_failed")
    assert [fault["pointer"] for fault in refused.json["errors"]] == ["/seconds"]
    assert told(owner, stream, "slow_mode") == []


def test_only_the_host_sets_the_pace(
    api: Api, owner: Owner, people: People, fan: Person, admin: Person, stream: str
) -> None:
    refusals = [slow_down(api, stream, one, 30) for one in (fan, people.creator(), admin)]

    assert [(one.status, one.code) for one in refusals] == [(403, "not_owner")] * 3
    assert told(owner, stream, "slow_mode") == []


def test_a_stream_that_never_was_has_no_pace(api: Api, creator: Person) -> None:
    refused = slow_down(api, str(uuid4()), creator, 30)

    assert (refused.status, refused.code) == (404, "not_found")
