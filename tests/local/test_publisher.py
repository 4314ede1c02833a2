"""Under `make dev` the outbox reaches Realtime, and the publisher goes quietly."""

import time
from pathlib import Path

import httpx
import psycopg

from local.dev import start_publisher
from local.host.ports import Ports
from local.host.state import State
from local.services.backing import Backing, started

TOPIC = "stream:9b3ce1f2-7d1c-4b7e-9f26-0d52a8a4c001"


def heard(backing: Backing) -> list[str]:
    """The events that reached Realtime."""
    answer = httpx.get(
        f"{backing.supabase_url}/realtime/v1/_local/broadcasts",
        headers={"apikey": backing.secret_key},
        params={"topic": TOPIC},
        trust_env=False,
    )
    return [one["event"] for one in answer.raise_for_status().json()["broadcasts"]]


def tell(backing: Backing, event: str) -> None:
    with psycopg.connect(backing.direct_url) as owner:
        owner.execute("select private.tell(%s, %s, '{}')", (TOPIC, event))


def wait_for(backing: Backing, events: list[str]) -> None:
    ends = time.monotonic() + 60
    while heard(backing) != events:
        assert time.monotonic() < ends, f"waited in vain for {events}: {heard(backing)}"
        time.sleep(0.05)


def test_events_reach_realtime_before_and_after_a_restart_and_the_publisher_ends_when_told(
    tmp_path: Path,
) -> None:
    state = State(root=tmp_path)
    with started(state, Ports.free(), title="a test", durable=False) as stack:
        for number in range(2):
            child = start_publisher(stack.supervisor, stack.backing)
            tell(stack.backing, f"event {number}")
            wait_for(stack.backing, [f"event {earlier}" for earlier in range(number + 1)])

            stack.supervisor.stop(child)

            assert child.process.returncode == 0, "it had to be killed"
            assert "Traceback" not in child.log.read_text()
