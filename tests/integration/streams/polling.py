"""Polls as their hosts and voters handle them."""

from typing import Any

from tests.integration.api import Answer, Api, Post
from tests.integration.people import Person

QUESTION = {"question": "What next?", "options": ["A nocturne", "A waltz"], "durationSeconds": 60}


def ask(api: Api, stream: str, host: Person, **fields: object) -> dict[str, Any]:
    """Opens a poll of the host's."""
    opened = api.post(f"/api/streams/{stream}/polls", host.token, QUESTION | fields)
    assert opened.status == 201, opened.text
    poll: dict[str, Any] = opened.json
    return poll


def ballot(poll: dict[str, Any], voter: Person, choice: int = 0) -> Post:
    """A vote that is still to be sent, for the option at this place."""
    return Post(
        f"/api/streams/{poll['streamId']}/polls/{poll['id']}/vote",
        voter.token,
        {"optionId": poll["options"][choice]["id"]},
    )


def vote(api: Api, poll: dict[str, Any], voter: Person, choice: int = 0) -> Answer:
    sent = ballot(poll, voter, choice)
    return api.post(sent.path, sent.token, sent.body)


def end(api: Api, poll: dict[str, Any], host: Person) -> Answer:
    return api.post(f"/api/streams/{poll['streamId']}/polls/{poll['id']}/end", host.token)


def figures(poll: dict[str, Any]) -> list[int]:
    """The votes of each option; they add up to the poll's total."""
    votes = [option["votes"] for option in poll["options"]]
    assert sum(votes) == poll["totalVotes"]
    return votes


def shown(api: Api, stream: str, person: Person | None = None) -> dict[str, Any]:
    """The stream's newest poll."""
    answer = api.get(f"/api/streams/{stream}/polls", person.token if person else None)
    assert answer.status == 200, answer.text
    newest: dict[str, Any] = answer.json["polls"][0]
    return newest
