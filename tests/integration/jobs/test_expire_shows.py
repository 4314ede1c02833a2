"""Every minute: cancel the shows that did not start, end those that nobody ended."""

import pytest

from functions.jobs import expire_shows
from limelight.money import ledger
from limelight.schema import ShowId
from limelight.shows import service
from tests.integration.api import Api
from tests.integration.clock import Clock
from tests.integration.jobs.conftest import Run, done_metric
from tests.integration.ledger import nothing_moves
from tests.integration.moments import in_days
from tests.integration.people import Fund, Owner, People, Person
from tests.integration.shows.acts import (
    announce,
    balance_of,
    detail,
    end,
    escrow_of,
    events_of,
    start,
    ticket,
)

IN_TEN_MINUTES = 10 / 1440


@pytest.fixture(autouse=True)
def no_other_show_is_due(owner: Owner) -> None:
    """Shows of other tests are left alone."""
    owner.execute(
        """
        update shows
        set scheduled_start = now() + interval '99 days'
        where status in ('live', 'scheduled')
        """
    )


@pytest.fixture
def buyer(fan: Person, fund: Fund) -> Person:
    fund(fan, 100)
    return fan


@pytest.fixture
def show(api: Api, creator: Person, buyer: Person) -> str:
    """A show that starts in ten minutes and lasts an hour, with a ticket sold for 30 coins."""
    show = announce(api, creator, scheduledStart=in_days(IN_TEN_MINUTES))
    ticket(api, show, buyer)
    return show


# What did not start


@pytest.mark.parametrize(("minutes", "expired"), [(0, 0), (10.5, 0), (39.5, 0), (40, 1), (900, 1)])
def test_a_show_expires_thirty_minutes_after_it_should_have_started(
    api: Api, run: Run, clock: Clock, creator: Person, show: str, minutes: float, expired: int
) -> None:
    clock.advance(minutes=minutes)

    assert run(expire_shows) == expired

    assert detail(api, show, creator)["status"] == ("cancelled" if expired else "scheduled")


def test_an_expired_show_is_refunded_and_its_holders_are_told(
    api: Api, owner: Owner, run: Run, clock: Clock, creator: Person, buyer: Person, show: str
) -> None:
    clock.advance(minutes=41)

    run(expire_shows)

    shown = detail(api, show, buyer)
    assert (shown["status"], shown["cancelReason"]) == ("cancelled", "expire")
    assert shown["ticket"]["status"] == "refunded"
    assert (balance_of(api, buyer), balance_of(api, creator)) == (100, 0)
    assert escrow_of(owner, show) == 0
    ((event, told),) = events_of(owner, buyer)
    assert (event, told["reason"], told["refundedCoins"]) == ("show_cancelled", "expire", 30)


def test_free_and_private_shows_expire_like_any_other(
    api: Api, run: Run, clock: Clock, creator: Person
) -> None:
    show = announce(
        api, creator, ticketPrice=0, isPrivate=True, scheduledStart=in_days(IN_TEN_MINUTES)
    )
    clock.advance(minutes=41)

    assert run(expire_shows) == 1
    assert detail(api, show, creator)["status"] == "cancelled"


def test_a_show_that_started_late_goes_on(
    api: Api, run: Run, clock: Clock, creator: Person, show: str
) -> None:
    clock.advance(minutes=35)
    start(api, show, creator)
    clock.advance(minutes=30)

    assert run(expire_shows) == 0
    assert detail(api, show)["status"] == "live"


def test_a_show_that_starts_while_the_job_comes_to_it_is_left_alone(
    api: Api, owner: Owner, clock: Clock, creator: Person, show: str
) -> None:
    clock.advance(minutes=41)
    start(api, show, creator)

    with nothing_moves(owner):
        assert ledger.settle_overdue_show(ShowId(detail(api, show)["id"])) is False


# What nobody ended


@pytest.mark.parametrize(("hours", "ended"), [(12.9, 0), (13, 1), (90, 1)])
def test_a_live_show_ends_twelve_hours_after_its_time(
    api: Api, run: Run, clock: Clock, creator: Person, show: str, hours: float, ended: int
) -> None:
    clock.advance(minutes=10)
    start(api, show, creator)
    clock.advance(hours=hours)

    assert run(expire_shows) == ended

    assert detail(api, show)["status"] == ("ended" if ended else "live")
    assert balance_of(api, creator) == 30 * ended


def test_the_creator_of_a_lapsed_show_can_ask_how_it_ended(
    api: Api, run: Run, clock: Clock, creator: Person, show: str
) -> None:
    start(api, show, creator)
    clock.advance(hours=14)
    run(expire_shows)

    ended = end(api, show, creator)

    assert (ended.status, ended.json["earnings"]) == (200, 30)
    assert balance_of(api, creator) == 30


# The run


def test_a_second_run_finds_nothing(
    api: Api, owner: Owner, run: Run, clock: Clock, buyer: Person, show: str
) -> None:
    clock.advance(minutes=41)

    assert [run(expire_shows), run(expire_shows)] == [1, 0]
    assert balance_of(api, buyer) == 100


def test_a_run_takes_no_more_than_its_batch(
    api: Api, run: Run, clock: Clock, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "OVERDUE_BATCH", 2)
    for _ in range(3):
        announce(api, people.creator(), scheduledStart=in_days(IN_TEN_MINUTES))
    clock.advance(minutes=41)

    assert [run(expire_shows), run(expire_shows), run(expire_shows)] == [2, 1, 0]


def test_the_run_reports_how_many_it_settled(
    run: Run, clock: Clock, show: str, capsys: pytest.CaptureFixture[str]
) -> None:
    clock.advance(minutes=41)
    capsys.readouterr()

    run(expire_shows)

    assert done_metric(capsys.readouterr().out, "expire_shows") == [1]
