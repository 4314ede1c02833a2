"""The whole backend under test: real PostgreSQL, real pooler, real gateway, every function."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from uuid import uuid4

import httpx
import psycopg
import pytest

from limelight.data import rest, system
from limelight.data.observer import Listener, QueryRun, WaitListener, listening
from limelight.http import observe
from limelight.http.app import event_loop
from local.host.state import State
from local.services.backing import Backing, backing_services
from local.services.stripe import StandIn
from tests.integration import channels, limits
from tests.integration.api import Api
from tests.integration.channels import Outbox, Publisher, Realtime
from tests.integration.clock import Clock, StoppedClock
from tests.integration.people import Fund, OpenStream, Owner, People, Person
from tests.integration.sandbox import set_environment
from tests.integration.telephone import Telephone, take_calls
from tests.integration.tokens import Tokens

# Functions are imported to name the tests after them; `backing` says where the services really are.
os.environ.setdefault("SUPABASE_URL", "http://127.0.0.1:54321")


@pytest.fixture(scope="session")
def backing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backing]:
    """The services, started once; the functions' environment points at them."""
    with backing_services(State(tmp_path_factory.mktemp("backing"))) as services:
        set_environment(function_environment(services))
        yield services
        system.close()
        rest.close()
        event_loop().close()


def function_environment(services: Backing) -> dict[str, str]:
    """What the template gives the functions, of every pattern at once."""
    return {
        "STAGE": services.stage,
        "SUPABASE_URL": services.supabase_url,
        "SUPABASE_PUBLISHABLE_KEY": services.publishable_key,
        "SUPABASE_SECRET_ID": f"limelight/{services.stage}/supabase",
        "DATABASE_SECRET_ID": f"limelight/{services.stage}/database",
        "STRIPE_SECRET_ID": f"limelight/{services.stage}/stripe",
        "STRIPE_API_BASE": services.stripe.url,
        "CHECKOUT_SUCCESS_URL": "https://example.com/thank-you",
        "CHECKOUT_CANCEL_URL": "https://example.com/coins",
        "LIVEKIT_SECRET_ID": f"limelight/{services.stage}/livekit",
        "LIVEKIT_URL": "wss://media.example.com",
        "LIMITS_SECRET_ID": f"limelight/{services.stage}/limits",
        "DEFAULT_REQUESTS_PER_MINUTE": str(limits.UNHINDERED),
        "POWERTOOLS_TRACE_DISABLED": "true",
    } | services.secrets.environment()


@pytest.fixture(scope="session")
def api(backing: Backing) -> Api:
    """Every endpoint, behind the events of API Gateway."""
    return Api()


@pytest.fixture(scope="session")
def tokens(backing: Backing) -> Tokens:
    """Tokens as Supabase Auth signs them, and as it would not."""
    return Tokens(backing)


@pytest.fixture(scope="session")
def owner(backing: Backing) -> Iterator[Owner]:
    """The database as its owner sees it, to look inside."""
    with psycopg.connect(backing.direct_url, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def stripe(backing: Backing) -> StandIn:
    """What buyers and their banks do, and the events that Stripe then sends."""
    return backing.stripe


@pytest.fixture(scope="session")
def supabase(backing: Backing) -> Iterator[httpx.Client]:
    """The project's REST API, past our own, as anybody with the publishable key can call it."""
    headers = {"apikey": backing.publishable_key}
    with httpx.Client(base_url=backing.supabase_url, headers=headers) as client:
        yield client


@pytest.fixture(scope="session")
def people(backing: Backing, owner: Owner) -> Iterator[People]:
    everyone = People(backing, owner)
    yield everyone
    everyone.close()


@pytest.fixture
def fan(people: People) -> Person:
    return people.fan()


@pytest.fixture
def creator(people: People) -> Person:
    return people.creator()


@pytest.fixture(scope="session")
def admin(people: People) -> Person:
    return people.admin()


@pytest.fixture
def fund(api: Api, admin: Person) -> Fund:
    """Gives somebody coins the only way there is: an admin's promo."""

    def give(person: Person, coins: int) -> None:
        answer = api.pay(
            f"/api/admin/wallets/{person.id}/adjust",
            admin.token,
            {"amount": coins, "reason": "to test with"},
        )
        assert answer.status == 201, answer.text

    return give


@pytest.fixture
def open_stream(api: Api, creator: Person) -> OpenStream:
    """Opens streams of the creator."""

    def create(**fields: object) -> str:
        body = {"title": "Piano", "category": "music"} | fields
        answer = api.post("/api/streams/create", creator.token, body)
        assert answer.status == 201, answer.text
        return str(answer.json["id"])

    return create


@pytest.fixture
def stream(open_stream: OpenStream) -> str:
    """The id of the creator's live, public stream."""
    return open_stream()


@pytest.fixture
def new_key() -> str:
    return str(uuid4())


@pytest.fixture(scope="session", autouse=True)
def unhindered(owner: Owner) -> None:
    """Tests ask faster than people do: the limits are out of their way."""
    limits.lift(owner)


@pytest.fixture
def real_limits(owner: Owner) -> Iterator[None]:
    """The limits as they are in production, with nobody counted yet."""
    with limits.restored(owner):
        yield


@pytest.fixture
def clock(owner: Owner) -> Iterator[Clock]:
    """The server's clock, in the test's hands."""
    clock = Clock(owner)
    yield clock
    clock.set(timedelta())


@pytest.fixture
def outbox(owner: Owner) -> Outbox:
    """The outbox, with nothing in it."""
    outbox = Outbox(owner)
    outbox.empty()
    return outbox


@pytest.fixture
def realtime(backing: Backing) -> Iterator[Realtime]:
    """Supabase Realtime, in whatever mood a test puts it."""
    with channels.serving(backing) as realtime:
        yield realtime


@pytest.fixture
def publisher(outbox: Outbox, realtime: Realtime) -> Publisher:
    """The job that publishes the outbox."""
    return Publisher(realtime)


# Calls


@pytest.fixture
def stopped_clock(owner: Owner) -> Iterator[StoppedClock]:
    """The server's clock, standing still: what takes minutes is known to the second."""
    yield StoppedClock(owner)
    Clock(owner).set(timedelta())


@pytest.fixture
def line(api: Api, owner: Owner, fan: Person, creator: Person, fund: Fund) -> Telephone:
    """A fan with 1000 coins, and a creator who asks for 10 a minute and 5 minutes at least."""
    fund(fan, 1000)
    take_calls(owner, creator)
    return Telephone(api, fan, creator)


@pytest.fixture(autouse=True)
def sound_ledger(owner: Owner) -> Iterator[None]:
    """After every test, every invariant of everything that moves coins holds."""
    yield
    assert owner.execute("select * from ledger.violations()").fetchall() == []


@pytest.fixture
def queries(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the queries that requests have run so far in the test."""
    names: list[str] = []

    def also_recorded(listener: Listener, waits: WaitListener) -> AbstractContextManager[None]:
        def hear(run: QueryRun) -> None:
            names.append(run.name)
            listener(run)

        return listening(hear, waits)

    monkeypatch.setattr(observe, "listening", also_recorded)
    return names


@pytest.fixture
def crowd(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A pool that lets ten requests of one process run at the same time."""
    monkeypatch.setattr(system.pool, "_max_size", 10)
    yield
    system.close()
