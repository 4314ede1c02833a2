"""DELETE /api/streams/{streamId}/ban/{userId}."""

from uuid import UUID, uuid4

from tests.integration.api import Answer, Api
from tests.integration.people import People, Person


def unban(api: Api, stream: str, host: Person, user_id: UUID) -> Answer:
    return api.call("DELETE", f"/api/streams/{stream}/ban/{user_id}", token=host.token)


def test_an_unbanned_viewer_is_let_in_again(
    api: Api, people: People, fan: Person, creator: Person, stream: str
) -> None:
    api.post(f"/api/streams/{stream}/join", fan.token)
    api.post(f"/api/streams/{stream}/ban", creator.token, {"userId": str(fan.id)})

    lifted = unban(api, stream, creator, fan.id)

    assert lifted.status == 200
    assert lifted.headers["cache-control"] == "no-store"
    assert lifted.json == {"streamId": stream, "userId": str(fan.id)}
    assert api.post(f"/api/streams/{stream}/join", fan.token).json["currentViewers"] == 1
    assert api.get(f"/api/streams/{stream}").json["totalViews"] == 1
    line = api.post(f"/api/streams/{stream}/message", fan.token, {"content": "thanks"})
    assert line.status == 201


def test_another_viewers_ban_stays(
    api: Api, people: People, fan: Person, creator: Person, stream: str
) -> None:
    other = people.fan()
    for one in (fan, other):
        people.ban(stream, one)

    unban(api, stream, creator, fan.id)

    assert api.get(f"/api/streams/{stream}", other.token).code == "banned"


def test_without_a_ban_there_is_none_to_lift(
    api: Api, fan: Person, creator: Person, stream: str
) -> None:
    refusals = [unban(api, stream, creator, one) for one in (fan.id, creator.id, uuid4())]

    assert [(one.status, one.code) for one in refusals] == [(409, "not_banned")] * 3


def test_a_ban_is_lifted_once(
    api: Api, people: People, fan: Person, creator: Person, stream: str
) -> None:
    people.ban(stream, fan)

    answers = [unban(api, stream, creator, fan.id) for _ in range(2)]

    assert [one.status for one in answers] == [200, 409]


def test_only_the_host_lifts_a_ban(
    api: Api, people: People, fan: Person, admin: Person, stream: str
) -> None:
    people.ban(stream, fan)

    refusals = [
        unban(api, stream, one, fan.id) for one in (fan, people.fan(), people.creator(), admin)
    ]

    assert [(one.status, one.code) for one in refusals] == [(403, "not_owner")] * 4
    assert api.get(f"/api/streams/{stream}", fan.token).code == "banned"


def test_a_stream_that_never_was_has_no_bans(api: Api, fan: Person, creator: Person) -> None:
    refused = unban(api, str(uuid4()), creator, fan.id)

    assert (refused.status, refused.code) == (404, "not_found")
