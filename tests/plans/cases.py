"""Every query of the SQL and money functions, called as its endpoint calls it.

A query without a case fails `tests/rules/test_plans.py`: add its line here, or to EXEMPT with the
reason. `List` is for whatever answers pages: its first page and one deep in the list are looked at.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol
from uuid import UUID, uuid4

from limelight.calls import queries as calls_queries
from limelight.calls import service as calls
from limelight.calls.models import CallRequest
from limelight.chat import queries as chat_queries
from limelight.chat import service as chat
from limelight.data import system
from limelight.data.system import Query
from limelight.diagnostics import queries as diagnostics_queries
from limelight.finance import queries as finance_queries
from limelight.http.directory import sql as sql_directory
from limelight.money import ledger
from limelight.money import queries as ledger_queries
from limelight.money.events import CheckoutEvent, DisputeEvent, RefundEvent
from limelight.money.once import Once
from limelight.paging import PageRequest
from limelight.rooms import queries as rooms_queries
from limelight.schema import UserId
from limelight.streams import queries as streams_queries
from limelight.streams import service as streams
from limelight.streams.models import StreamRequest, StreamUpdate
from limelight.support import queries as support_queries
from limelight.support import service as support
from limelight.support.models import GiftRequest, GoalRequest, GoalUpdate, TipRequest
from limelight.wallet import queries as wallet_queries
from limelight.wallet import service as wallet
from tests.plans.places import Places

ONE: Final = 80
"""Rows that a call about one thing reads at most."""
PAGE: Final = 250
"""Rows that a page of 20 reads at most: some ten for each that is shown."""
CROWD: Final = 60_000
"""Rows that a call reads at most which counts everybody who came to the stream, or what they gave:
22,000 where most came, along an index alone, 2 ms. ADR 0008 says how seldom that is done."""
UNFOLDED: Final = 10_000
"""Rows that a call reads at most which adds up a wallet's credits since the last fold."""
BATCH: Final = 500
"""Rows that a job's statement reads at most, for a batch of 100."""


ROSE: Final = GiftRequest(giftId=UUID("00000000-0000-4000-8000-000000000001"), quantity=1)
GOAL: Final = GoalRequest(title="T", targetAmount=100)
PACKAGE: Final = UUID("00000000-0000-4000-9000-000000000001")


class Page(Protocol):
    """What a list's service answers."""

    @property
    def next_cursor(self) -> str | None: ...


@dataclass(frozen=True)
class Call:
    """A call about one thing."""

    query: Query
    run: Callable[[Places], object]
    who: str = ""
    rows: int = ONE
    """What it may read, sort and hand on."""


@dataclass(frozen=True)
class List:
    """A call that answers a page."""

    query: Query
    page: Callable[[Places, PageRequest], Page]
    who: str = ""
    rows: int = PAGE


def once() -> Once:
    return Once(str(uuid4()), "hash", str(uuid4()))


def funded(at: Places, user_id: UserId | None = None) -> UserId:
    """The user, else somebody, who has now coins enough."""
    payer = user_id or at.newcomer
    ledger.adjust(at.admin, payer, 10_000, "to pay with", once())
    return payer


def ask(query: Query, **params: object) -> list[system.Row]:
    """For a query whose service goes on to do what is of no interest here."""
    return system.fetch_all(query, params)


ACCOUNTS: Final = (Call(sql_directory.FIND, lambda at: sql_directory.find(at.fan, "token")),)

STREAMS: Final = (
    List(streams_queries.LIVE, lambda _, page: streams.live(page)),
    Call(streams_queries.GET, lambda at: streams.get(at.stream, None), "a visitor"),
    Call(streams_queries.GET, lambda at: streams.get(at.stream, at.fan), "a fan"),
    Call(
        streams_queries.CREATE,
        lambda at: streams.create(at.idle_creator, StreamRequest(title="T", category="music")),
    ),
    Call(streams_queries.ACTIVE, lambda at: streams.active(at.creator)),
    List(
        streams_queries.MINE,
        lambda at, page: streams.mine(at.creator, None, page),
        "the live one first",
    ),
    List(
        streams_queries.MINE,
        lambda at, page: streams.mine(at.creator, "ended", page),
        "those that ended",
    ),
    Call(streams_queries.STATS, lambda at: streams.stats(at.creator), rows=CROWD),
    Call(
        streams_queries.UPDATE,
        lambda at: streams.update(at.stream, at.creator, StreamUpdate(title="T")),
    ),
    Call(
        streams_queries.START,
        lambda at: streams.start(at.scheduled, at.scheduled_host),
    ),
    List(streams_queries.VIEWERS, lambda at, page: streams.audience(at.stream, None, page)),
    Call(streams_queries.HEALTH, lambda at: streams.health(at.stream)),
    Call(streams_queries.TOTAL, lambda _: ask(streams_queries.TOTAL, batch=100), rows=BATCH),
    Call(streams_queries.JOIN, lambda at: streams.join(at.stream, at.newcomer), rows=CROWD),
    Call(streams_queries.LEAVE, lambda at: streams.leave(at.stream, at.viewer), rows=CROWD),
    Call(
        streams_queries.SEE_VIEWER, lambda at: streams.see_viewer(at.stream, at.viewer), rows=CROWD
    ),
    Call(streams_queries.SEE_HOST, lambda at: streams.see_host(at.stream, at.creator)),
    Call(streams_queries.END, lambda at: streams.end(at.stream, at.creator), rows=CROWD),
    Call(streams_queries.SWEEP, lambda _: streams.end_silent(), rows=CROWD),
    List(chat_queries.MESSAGES, lambda at, page: chat.messages(at.stream, None, page), "a visitor"),
    List(chat_queries.MESSAGES, lambda at, page: chat.messages(at.stream, at.fan, page), "a fan"),
    List(
        support_queries.LEADERBOARD,
        lambda at, page: support.leaderboard(at.stream, None, page),
        "a visitor",
    ),
    List(
        support_queries.LEADERBOARD,
        lambda at, page: support.leaderboard(at.stream, at.fan, page),
        "a fan",
    ),
    # The gifts that there are fill half a page.
    Call(support_queries.CATALOGUE, lambda _: support.catalogue(PageRequest(20, None))),
    Call(support_queries.TICKET, lambda at: support.ticket(at.ticketed, at.fan)),
    List(support_queries.GOALS, lambda at, page: support.goals(at.stream, at.fan, page)),
    Call(
        support_queries.CREATE_GOAL,
        lambda at: support.create_goal(at.scheduled, at.scheduled_host, GOAL),
    ),
    Call(
        support_queries.CHANGE_GOAL,
        lambda at: support.change_goal(at.stream, at.goal, at.creator, GoalUpdate(title="T")),
    ),
    Call(
        support_queries.DELETE_GOAL,
        lambda at: support.delete_goal(at.stream, at.goal, at.creator),
    ),
    # Every active goal, and the pieces of what its stream was given.
    Call(support_queries.SETTLE_GOALS, lambda _: support.settle_goals(), rows=CROWD),
    Call(
        rooms_queries.WATCH_STREAM,
        lambda at: ask(rooms_queries.WATCH_STREAM, stream_id=at.stream, viewer_id=at.fan),
    ),
    Call(
        rooms_queries.HOST_STREAM,
        lambda at: ask(rooms_queries.HOST_STREAM, stream_id=at.stream, caller_id=at.creator),
    ),
)

CALLS: Final = (
    Call(calls_queries.GET, lambda at: calls.get(at.pending.id, at.pending.fan)),
    List(calls_queries.PENDING, lambda at, page: calls.pending(at.creator, page)),
    List(calls_queries.HISTORY, lambda at, page: calls.history(at.creator, page)),
    Call(calls_queries.ACCEPT, lambda at: calls.accept(at.pending.id, at.pending.creator)),
    Call(calls_queries.START, lambda at: calls.start(at.accepted.id, at.accepted.fan)),
    Call(calls_queries.OVERDUE, lambda _: calls.expire_overdue(), rows=BATCH),
    Call(calls_queries.RUNNING_OUT, lambda _: calls.extend_running_out(), rows=BATCH),
    Call(
        rooms_queries.ENTER_CALL,
        lambda at: ask(rooms_queries.ENTER_CALL, call_id=at.active.id, caller_id=at.active.creator),
    ),
    Call(
        ledger_queries.REQUEST_CALL,
        lambda at: calls.request(funded(at), CallRequest(creatorId=at.creator), once()),
    ),
    Call(
        ledger_queries.REJECT_CALL,
        lambda at: calls.reject(at.pending.id, at.pending.creator, once()),
    ),
    Call(
        ledger_queries.CANCEL_CALL,
        lambda at: calls.cancel(at.accepted.id, at.accepted.fan, once()),
    ),
    Call(ledger_queries.END_CALL, lambda at: calls.end(at.active.id, at.active.fan, once())),
    Call(ledger_queries.EXPIRE_CALL, lambda at: ledger.expire_call(at.active.id, "request")),
    # While few calls are on, their own index is thought to be shorter than the way by the id.
    Call(
        ledger_queries.EXTEND_CALL,
        lambda at: ledger.extend_call(at.active.id, "request"),
        rows=BATCH,
    ),
)

MESSAGES: Final = (
    Call(
        ledger_queries.UNLOCK_MESSAGE,
        lambda at: ledger.unlock_message(funded(at, at.writer), at.locked_message, once()),
    ),
    Call(
        ledger_queries.TIP_PARTY,
        lambda at: ledger.tip_party(funded(at, at.writer), at.conversation, 1, None, once()),
    ),
)

WALLETS: Final = (
    Call(wallet_queries.BALANCE, lambda at: wallet.balance(at.creator), rows=UNFOLDED),
    List(
        wallet_queries.TRANSACTIONS,
        lambda at, page: wallet.transactions(at.creator, None, page),
        "of any type",
    ),
    List(
        wallet_queries.TRANSACTIONS,
        lambda at, page: wallet.transactions(at.creator, "gift", page),
        "of one type",
    ),
    # Creators ask once a month: nobody has a second page.
    Call(wallet_queries.PAYOUTS, lambda at: wallet.payouts(at.creator, PageRequest(20, None))),
)

LEDGER: Final = (
    Call(ledger_queries.GIFT, lambda at: support.gift(at.stream, funded(at), ROSE, once())),
    Call(
        ledger_queries.TIP,
        lambda at: support.tip(at.stream, funded(at), TipRequest(amount=1), once()),
    ),
    Call(
        ledger_queries.BUY_TICKET,
        lambda at: support.buy_ticket(at.ticketed, funded(at), once()),
    ),
    Call(
        ledger_queries.ADJUST,
        lambda at: ledger.adjust(at.admin, at.creator, 1, "r", once()),
        rows=UNFOLDED,
    ),
    Call(
        ledger_queries.REQUEST_PAYOUT,
        lambda at: ledger.request_payout(at.creator, 100, once()),
        rows=UNFOLDED,
    ),
    Call(
        ledger_queries.CLOSE_PAYOUT,
        lambda at: ledger.close_payout(at.admin, at.payout, once(), settle=True),
    ),
    Call(ledger_queries.OPEN_PURCHASE, lambda at: ledger.open_purchase(at.fan, PACKAGE, once())),
    Call(
        ledger_queries.ATTACH_CHECKOUT,
        lambda at: ledger.attach_checkout(_opened(at), "cs_of_a_case", {"id": "cs_of_a_case"}),
    ),
    Call(
        ledger_queries.APPLY_CHECKOUT,
        lambda at: ledger.apply_checkout(
            CheckoutEvent("evt", "t", _opened(at), "cs", "pi", 399, "usd", "paid"), "request"
        ),
    ),
    Call(
        ledger_queries.APPLY_REFUND,
        lambda at: ledger.apply_refund(RefundEvent("evt", "t", at.payment, 1), "request"),
    ),
    Call(
        ledger_queries.APPLY_DISPUTE,
        lambda at: ledger.apply_dispute(DisputeEvent("evt", "t", "d", at.payment, 1, 1), "request"),
    ),
    Call(ledger_queries.IGNORE_EVENT, lambda _: ledger.ignore_event("evt", "t")),
    Call(ledger_queries.RELEASE_DUE_HOLDS, lambda _: wallet.release_expired_holds()),
    Call(ledger_queries.FOLD_PENDING, lambda _: wallet.settle_credits(), rows=3 * UNFOLDED),
    Call(ledger_queries.PURGE_KEYS, lambda _: ledger.purge_keys(100), rows=BATCH),
)


def _opened(at: Places) -> UUID:
    purchase: UUID = ledger.open_purchase(at.fan, PACKAGE, once())["id"]
    return purchase


CASES: Final[tuple[Call | List, ...]] = (
    *ACCOUNTS,
    *STREAMS,
    *CALLS,
    *MESSAGES,
    *WALLETS,
    *LEDGER,
)

EXEMPT: Final[Mapping[str, str]] = {
    finance_queries.REPORT.name: "the trial balance is over every entry there is",
    ledger_queries.RECONCILE.name: "checks every wallet and every entry, at night",
    ledger_queries.TAKE_TIME.name: "a setting",
    diagnostics_queries.SLOW_QUERIES.name: "of the server's own statistics",
}
