"""How somebody comes to somebody else: a good request of every route that a block can stop.

A trial makes everything ready while the two may still meet, and answers what is then asked and how
it was answered: a verdict.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from tests.integration.api import UNSET, Answer, Api
from tests.integration.messages import talk
from tests.integration.people import Owner, People, Person
from tests.integration.shows import acts
from tests.integration.telephone import Telephone

LET_IN: Final = "let in"
HIDDEN: Final = "hidden"
"""A list goes without the other's row."""

type Verdict = str
"""LET_IN, HIDDEN, or the code of a refusal."""


@dataclass(frozen=True)
class Stage:
    """Two creators with 1000 coins each, who take calls: the caller, and the other."""

    api: Api
    owner: Owner
    people: People
    caller: Person
    other: Person


type Ask = Callable[[], Verdict]
type Trial = Callable[[Stage], Ask]


def said(answer: Answer) -> Verdict:
    """What the answer to a good request amounts to."""
    assert answer.status < 500, answer.text
    return LET_IN if answer.status < 400 else answer.code


# Calls


def _request(stage: Stage, route: str) -> Ask:
    body = {"creatorId": str(stage.other.id)}
    extra = {"estimatedMinutes": 5} if route == "initiate" else {}
    return lambda: said(stage.api.pay(f"/api/calls/{route}", stage.caller.token, body | extra))


def request_call(stage: Stage) -> Ask:
    return _request(stage, "request")


def initiate_call(stage: Stage) -> Ask:
    return _request(stage, "initiate")


def _as_creator(stage: Stage, action: str) -> Ask:
    line = Telephone(stage.api, stage.other, stage.caller)
    call = line.pending()
    return lambda: said(line.act(call, action, stage.caller))


def accept_call(stage: Stage) -> Ask:
    return _as_creator(stage, "accept")


def reject_call(stage: Stage) -> Ask:
    return _as_creator(stage, "reject")


def _as_fan(stage: Stage, action: str) -> Ask:
    line = Telephone(stage.api, stage.caller, stage.other)
    call = line.accepted()
    return lambda: said(line.act(call, action, stage.caller))


def start_call(stage: Stage) -> Ask:
    return _as_fan(stage, "start")


def cancel_call(stage: Stage) -> Ask:
    return _as_fan(stage, "cancel")


def end_call(stage: Stage) -> Ask:
    return _as_fan(stage, "end")


def _look_at_call(stage: Stage, path: str) -> Ask:
    call = Telephone(stage.api, stage.caller, stage.other).accepted()
    return lambda: said(stage.api.get(path.format(call), stage.caller.token))


def enter_call(stage: Stage) -> Ask:
    return _look_at_call(stage, "/api/calls/{}/token")


def see_call(stage: Stage) -> Ask:
    return _look_at_call(stage, "/api/calls/{}")


# People


def follow(stage: Stage) -> Ask:
    return lambda: said(stage.api.post(f"/api/follow/{stage.other.id}", stage.caller.token))


def unfollow(stage: Stage) -> Ask:
    stage.people.follow(stage.caller, stage.other)
    path = f"/api/follow/{stage.other.id}"
    return lambda: said(stage.api.call("DELETE", path, token=stage.caller.token))


def _profile(stage: Stage, path: str) -> Ask:
    name = stage.other.username
    return lambda: said(stage.api.get(f"/api/profile/{name}{path}", stage.caller.token))


def see_profile(stage: Stage) -> Ask:
    return _profile(stage, "")


def see_followers(stage: Stage) -> Ask:
    return _profile(stage, "/followers")


def see_following(stage: Stage) -> Ask:
    return _profile(stage, "/following")


def _among(stage: Stage, path: str, items: str, **query: object) -> Ask:
    """Whether the other is somewhere in a list as the caller sees it."""

    def look() -> Verdict:
        shown = [
            row["creator"]["id"] if "creator" in row else row["sender" if "sender" in row else "id"]
            for page in stage.api.pages(path, items, stage.caller.token, **query, limit=100)
            for row in page
        ]
        ids = [one["id"] if isinstance(one, Mapping) else one for one in shown]
        return LET_IN if str(stage.other.id) in ids else HIDDEN

    return look


def find_among_followers(stage: Stage) -> Ask:
    """Of a third person, whom the other follows."""
    third = stage.people.fan()
    stage.people.follow(stage.other, third)
    return _among(stage, f"/api/profile/{third.username}/followers", "users")


def find_among_followed(stage: Stage) -> Ask:
    """By a third person, who follows the other."""
    third = stage.people.fan()
    stage.people.follow(third, stage.other)
    return _among(stage, f"/api/profile/{third.username}/following", "users")


def explore(stage: Stage) -> Ask:
    stage.owner.execute("select private.refresh_rank(%s)", (stage.other.id,))
    return _among(stage, "/api/explore", "creators", search=stage.other.username)


# Messages


def _write(stage: Stage, path: str, **more: object) -> Ask:
    body = {"recipientId": str(stage.other.id), "content": "Hello"} | more
    return lambda: said(stage.api.post(f"/api/messages/{path}", stage.caller.token, body))


def send(stage: Stage) -> Ask:
    return _write(stage, "send")


def send_locked(stage: Stage) -> Ask:
    return _write(stage, "send-locked", unlockPrice=40)


def request_message(stage: Stage) -> Ask:
    talk.accepts(stage.owner, stage.other, "following")
    return _write(stage, "requests")


def _requested(stage: Stage) -> str:
    """The id of a request that the other sent to the caller."""
    talk.accepts(stage.owner, stage.caller, "following")
    body = {"recipientId": str(stage.caller.id), "content": "Hello"}
    made = stage.api.post("/api/messages/requests", stage.other.token, body)
    assert made.status == 201, made.text
    return str(made.json["id"])


def _answer_request(stage: Stage, how: str) -> Ask:
    path = f"/api/messages/requests/{_requested(stage)}/{how}"
    return lambda: said(stage.api.post(path, stage.caller.token))


def accept_request(stage: Stage) -> Ask:
    return _answer_request(stage, "accept")


def decline_request(stage: Stage) -> Ask:
    return _answer_request(stage, "decline")


def list_requests(stage: Stage) -> Ask:
    _requested(stage)
    return _among(stage, "/api/messages/requests", "requests")


def _written(stage: Stage, price: int | None = None) -> tuple[str, str]:
    """The ids of a message from the other, which may have a price, and of its conversation."""
    if price is None:
        made = talk.send(stage.api, stage.other, stage.caller)
    else:
        made = talk.send_locked(stage.api, stage.other, stage.caller, price)
    assert made.status == 201, made.text
    return str(made.json["id"]), str(made.json["conversationId"])


def unlock(stage: Stage) -> Ask:
    message, _ = _written(stage, price=40)
    path = f"/api/messages/{message}/unlock"
    return lambda: said(stage.api.pay(path, stage.caller.token, UNSET))


def tip_party(stage: Stage) -> Ask:
    _, conversation = _written(stage)
    body = {"conversationId": conversation, "amount": 10}
    return lambda: said(stage.api.pay("/api/messages/tip", stage.caller.token, body))


def read_conversation(stage: Stage) -> Ask:
    _, conversation = _written(stage)
    path = f"/api/messages/conversations/{conversation}"
    return lambda: said(stage.api.get(path, stage.caller.token))


# Shows


def _show(stage: Stage, *, live: bool = False, held: bool = False) -> str:
    """The id of a show of the other's, that may be live, and that the caller may have a seat of."""
    show = acts.announce(stage.api, stage.other)
    if held:
        acts.ticket(stage.api, show, stage.caller)
    if live:
        assert acts.start(stage.api, show, stage.other).status == 200
    return show


def see_show(stage: Stage) -> Ask:
    show = _show(stage)
    return lambda: said(stage.api.get(f"/api/shows/{show}", stage.caller.token))


def see_show_with_ticket(stage: Stage) -> Ask:
    show = _show(stage, held=True)
    return lambda: said(stage.api.get(f"/api/shows/{show}", stage.caller.token))


def buy_seat(stage: Stage) -> Ask:
    show = _show(stage)
    return lambda: said(acts.buy(stage.api, show, stage.caller))


def join_show(stage: Stage) -> Ask:
    show = _show(stage, live=True, held=True)
    return lambda: said(acts.join(stage.api, show, stage.caller))


def be_reminded(stage: Stage) -> Ask:
    show = _show(stage)
    return lambda: said(acts.remind(stage.api, show, stage.caller))


def list_shows(stage: Stage) -> Ask:
    _show(stage)
    return _among(stage, "/api/shows/upcoming", "shows", creatorId=stage.other.id)


# Streams


def list_streams(stage: Stage) -> Ask:
    body = {"title": "Piano", "category": "music"}
    made = stage.api.post("/api/streams/create", stage.other.token, body)
    assert made.status == 201, made.text
    return _among(stage, "/api/streams/live", "streams")
