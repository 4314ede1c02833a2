"""Two fans and a creator, in three windows, through one stream."""

import json
import re
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Page, Request, Route, WebSocketRoute, expect

from local.demo.client import Client
from local.demo.data import Demo
from local.stack.deployed import Deployment
from tests.console.browser import Windows

STAR_COINS = 5


@dataclass
class Stage:
    """One stream in three windows."""

    robin: Page
    sam: Page
    nova: Page

    def all(self) -> list[Page]:
        return [self.robin, self.sam, self.nova]


@pytest.fixture
def stage(windows: Windows, demo: Demo) -> Stage:
    path = f"#/stream/{demo.stream_id}"
    return Stage(*(seated(windows, name, path) for name in ("Robin", "Sam", "Nova")))


def seated(windows: Windows, name: str, path: str) -> Page:
    """A window of the stream that has read everything: what the next one asks is warm."""
    window = windows.sign_in(name, path)
    expect(window.get_by_text("Live updates")).to_be_visible()
    expect(window.get_by_role("heading", name="Video")).to_be_visible()
    expect(window.locator(".board li").first).to_be_visible()
    return window


def reopen(window: Page, url: str) -> None:
    """Loads the page anew: a route of websockets is there for documents that come after it."""
    window.goto(url)
    window.reload()


def gift_told(demo: Demo, quantity: int) -> dict[str, Any]:
    """A gift as a listener hears of it."""
    return {
        "topic": f"stream:{demo.stream_id}",
        "event": "gift",
        "private": True,
        "payload": {
            "eventId": str(uuid4()),
            "quantity": quantity,
            "gift": {"name": "Star"},
            "sender": {"displayName": "Sam"},
        },
    }


def balance(window: Page) -> int:
    return int(window.locator("#balance").inner_text())


def test_a_stream_moves_in_every_window_as_others_act(stage: Stage) -> None:
    stage.robin.get_by_label("Message").fill("Play it again")
    stage.robin.get_by_role("button", name="Send", exact=True).click()
    for window in stage.all():
        expect(window.get_by_role("log")).to_contain_text("Play it again")

    stage.nova.get_by_text("Set a goal").click()
    stage.nova.get_by_role("textbox", name="Goal").fill("A new lamp")
    stage.nova.get_by_role("spinbutton", name="Coins").fill("100")
    stage.nova.get_by_role("button", name="Set goal").click()
    expect(stage.sam.get_by_text("0 of 100 coins")).to_be_visible()

    before = balance(stage.sam)
    stage.sam.get_by_role("button", name="Star").click()
    expect(stage.sam.locator("#balance")).to_have_text(str(before - STAR_COINS))
    for window in stage.all():
        expect(window.get_by_text("Sam gave 1 × Star")).to_be_visible()
        expect(window.get_by_text(f"{STAR_COINS} of 100 coins")).to_be_visible()
        expect(window.locator(".board li").first).to_contain_text("Sam")

    stage.nova.get_by_text("Open a poll").click()
    stage.nova.get_by_label("Question").fill("What next?")
    stage.nova.get_by_label("Options, one a line").fill("Chopin\nSatie")
    stage.nova.get_by_role("button", name="Open poll").click()
    stage.robin.get_by_role("button", name="Vote for Satie").click()
    expect(stage.robin.get_by_text("Satie (your vote)")).to_be_visible()
    for window in stage.all():
        expect(window.get_by_text("1 vote", exact=True)).to_be_visible()
    stage.nova.get_by_role("button", name="Close the poll").click()
    expect(stage.sam.get_by_text("1 vote, closed")).to_be_visible()


def test_a_gift_pressed_twice_on_a_slow_line_is_charged_once(stage: Stage) -> None:
    before = balance(stage.robin)
    held: list[Route] = []
    keys: list[str | None] = []

    def slow(route: Route, request: Request) -> None:
        keys.append(request.header_value("idempotency-key"))
        held.append(route)

    stage.robin.route("**/gift", slow)
    star = stage.robin.get_by_role("button", name="Star")
    with stage.robin.expect_request("**/gift"):
        star.click()
    with stage.robin.expect_request("**/gift"):
        star.click()
    expect(stage.robin.get_by_text("Sending")).to_be_visible()
    shown = stage.robin.locator(".receipt code").inner_text()
    for route in held:
        route.continue_()

    expect(stage.robin.get_by_text("Done, once.")).to_be_visible()
    expect(stage.robin.locator("#balance")).to_have_text(str(before - STAR_COINS))
    assert keys == [shown, shown]


def test_a_gift_whose_answer_is_lost_is_sent_again_with_its_key(
    stage: Stage, windows: Windows
) -> None:
    before = balance(stage.sam)
    keys: list[str | None] = []

    def lose_the_first(route: Route, request: Request) -> None:
        keys.append(request.header_value("idempotency-key"))
        if len(keys) > 1:
            route.continue_()
            return
        # It arrives, and moves the coins; its answer does not come back.
        route.fetch()
        route.abort("connectionreset")

    windows.forgiven.append("net::ERR_CONNECTION_RESET")
    stage.sam.route("**/gift", lose_the_first)
    stage.sam.get_by_role("button", name="Star").click()

    expect(stage.sam.get_by_text("The server gave its first answer again")).to_be_visible()
    expect(stage.sam.locator("#balance")).to_have_text(str(before - STAR_COINS))
    assert len(keys) == 2
    assert keys[0] == keys[1] is not None


def test_a_shower_of_gifts_is_read_once_a_second(
    windows: Windows, stack: Deployment, demo: Demo
) -> None:
    robin = seated(windows, "Robin", f"#/stream/{demo.stream_id}")
    reads: list[str] = []
    robin.on("request", lambda one: reads.append(one.url) if "/leaderboard" in one.url else None)
    shower = [gift_told(demo, quantity) for quantity in range(1, 31)]
    with robin.expect_request(lambda one: "/leaderboard" in one.url and len(reads) > 1):
        answer = httpx.post(
            f"{stack.backing.supabase_url}/realtime/v1/api/broadcast",
            headers={"apikey": stack.backing.secret_key},
            json={"messages": shower},
            trust_env=False,
        )

    assert answer.status_code == 202
    expect(robin.get_by_text("Sam gave 30 × Star")).to_be_visible()
    # One at once, and one that has seen the last; a third when the shower took its time.
    assert 2 <= len(reads) <= 3


def test_the_host_moderates_the_chat(stage: Stage, windows: Windows) -> None:
    stage.sam.get_by_label("Message").fill("Boo")
    stage.sam.get_by_role("button", name="Send", exact=True).click()
    stage.nova.get_by_role("button", name="Delete this line of Sam").click()
    expect(stage.robin.get_by_role("log")).not_to_contain_text("Boo")

    stage.sam.get_by_label("Message").fill("Boo again")
    stage.sam.get_by_role("button", name="Send", exact=True).click()
    again = stage.nova.get_by_role("listitem").filter(has_text="Boo again")
    again.get_by_role("button", name="Time Sam out").click()
    expect(stage.nova.get_by_text("Sam cannot write for 10 minutes.")).to_be_visible()
    windows.expected.add(403)
    stage.sam.get_by_label("Message").fill("Boo once more")
    stage.sam.get_by_role("button", name="Send", exact=True).click()
    refused = stage.sam.get_by_role("alert")
    expect(refused).to_contain_text("Timed out")
    expect(refused.locator("code")).to_have_text(re.compile("^[0-9a-f-]{36}$"))


def test_a_listener_without_a_socket_looks_for_itself(
    windows: Windows, api: Client, demo: Demo
) -> None:
    robin = windows.sign_in("Robin")
    robin.route_web_socket("**/realtime/v1/websocket*", lambda socket: socket.close())
    windows.forgiven.append("WebSocket")
    reopen(robin, f"{windows.url}#/stream/{demo.stream_id}")
    expect(robin.get_by_text("Looking every 5 seconds")).to_be_visible()
    api.post(
        f"/api/streams/{demo.stream_id}/message", demo.creator, {"content": "Anybody there?"}
    ).require(201)

    expect(robin.get_by_role("log")).to_contain_text("Anybody there?")
    expect(robin.get_by_text("Looking every 5 seconds")).to_be_visible()


def test_a_listener_whose_channel_was_closed_joins_it_again(windows: Windows, demo: Demo) -> None:
    joined: list[WebSocketRoute] = []
    joins: list[list[Any]] = []

    def listen_in(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        joined.append(socket)

        def pass_on(frame: str | bytes) -> None:
            message = json.loads(frame)
            if message[3] == "phx_join":
                joins.append(message)
            server.send(frame)

        socket.on_message(pass_on)

    robin = windows.sign_in("Robin")
    robin.route_web_socket("**/realtime/v1/websocket*", listen_in)
    reopen(robin, f"{windows.url}#/stream/{demo.stream_id}")
    expect(robin.get_by_text("Live updates")).to_be_visible()
    join_ref, _, topic, *_ = joins[0]

    joined[0].send(json.dumps([join_ref, join_ref, topic, "phx_close", {}]))

    expect(robin.get_by_text("Looking every 5 seconds")).to_be_visible()
    expect(robin.get_by_text("Live updates")).to_be_visible()
    assert [message[2] for message in joins] == [topic, topic]
