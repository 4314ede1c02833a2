"""Every query of the SQL and money functions, called as its endpoint calls it.

A query without a case fails `tests/rules/test_plans.py`: add its line here, or to EXEMPT with the
reason. `List` is for whatever answers pages: its first page and one deep in the list are looked at.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from limelight.analytics import queries as analytics_queries
from limelight.calls import queries as calls_queries
from limelight.calls import service as calls
from limelight.calls.models import CallRequest
from limelight.chat import queries as chat_queries
from limelight.chat import service as chat
from limelight.chat.models import BanRequest, MessageRequest, SlowModeRequest, TimeoutRequest
from limelight.diagnostics import queries as diagnostics_queries
from limelight.discovery import queries as discovery_queries
from limelight.discovery import service as discovery
from limelight.finance import queries as finance_queries
from limelight.http.directory import sql as sql_directory
from limelight.limits import queries as limits_queries
from limelight.limits import service as limits
from limelight.limits.models import Limit
from limelight.money import ledger
from limelight.money import queries as ledger_queries
from limelight.money.events import CheckoutEvent, DisputeEvent, RefundEvent
from limelight.paging import PageRequest
from limelight.polls import queries as polls_queries
from limelight.polls import service as polls
from limelight.polls.models import PollRequest, VoteRequest
from limelight.realtime import queries as realtime_queries
from limelight.rooms import queries as rooms_queries
from limelight.shows import queries as shows_queries
from limelight.shows import service as shows
from limelight.shows.models import ShowRequest, ShowUpdate
from limelight.streams import queries as streams_queries
from limelight.streams import service as streams
from limelight.streams.models import StreamRequest, StreamUpdate
from limelight.support import queries as support_queries
from limelight.support import service as support
from limelight.support.models import GiftRequest, GoalRequest, GoalUpdate, TipRequest
from limelight.suspensions import queries as suspensions_queries
from limelight.suspensions import service as suspensions
from limelight.wallet import queries as wallet_queries
from limelight.wallet import service as wallet
from tests.plans.case import AUDIENCE, BATCH, CROWD, UNFOLDED, Call, List, ask, funded, once
from tests.plans.places import Places

ROSE: Final = GiftRequest(giftId=UUID("00000000-0000-4000-8000-000000000001"), quantity=1)
LINE: Final = MessageRequest(content="hello")
POLL: Final = PollRequest(question="What next?", options=["A", "B"], durationSeconds=60)
GOAL: Final = GoalRequest(title="T", targetAmount=100)
PACKAGE: Final = UUID("00000000-0000-4000-9000-000000000001")


def a_show() -> ShowRequest:
    """A show in three weeks."""
    return ShowRequest(
        title="T",
        showType="qna",
        ticketPrice=1,
        scheduledStart=(datetime.now(UTC) + timedelta(days=21)).isoformat(),
    )


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
    List(
        streams_queries.VIEWERS,
        lambda at, page: streams.audience(at.stream, None, page),
        rows=AUDIENCE,
    ),
    Call(streams_queries.HEALTH, lambda at: streams.health(at.stream)),
    Call(streams_queries.TOTAL, lambda _: ask(streams_queries.TOTAL, batch=100), rows=BATCH),
    Call(streams_queries.JOIN, lambda at: streams.join(at.stream, at.newcomer), rows=CROWD),
    Call(streams_queries.LEAVE, lambda at: streams.leave(at.stream, at.viewer), rows=CROWD),
    Call(
        streams_queries.SEE_VIEWER, lambda at: streams.see_viewer(at.stream, at.viewer), rows=CROWD
    ),
    Call(streams_queries.SEE_HOST, lambda at: streams.see_host(at.stream, at.creator)),
    Call(streams_queries.END, lambda at: streams.end(at.stream, at.creator), rows=CROWD),
    # Everybody who ever came to any stream that is live and large.
    Call(streams_queries.SWEEP, lambda _: streams.end_silent(), rows=4 * CROWD),
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

CHAT: Final = (
    Call(chat_queries.SAY, lambda at: chat.say(at.stream, at.newcomer, LINE)),
    Call(chat_queries.DELETE, lambda at: chat.delete(at.stream, at.line, at.creator)),
    Call(
        chat_queries.BAN,
        lambda at: chat.ban(at.stream, at.creator, BanRequest(userId=at.viewer)),
        rows=CROWD,
    ),
    Call(
        chat_queries.UNBAN,
        lambda at: (
            chat.ban(at.stream, at.creator, BanRequest(userId=at.viewer)),
            chat.unban(at.stream, at.creator, at.viewer),
        ),
        rows=CROWD,
    ),
    Call(
        chat_queries.TIME_OUT,
        lambda at: chat.time_out(
            at.stream, at.creator, TimeoutRequest(userId=at.viewer, minutes=1)
        ),
    ),
    Call(
        chat_queries.SLOW_DOWN,
        lambda at: chat.slow_down(at.stream, at.creator, SlowModeRequest(seconds=5)),
    ),
    List(polls_queries.POLLS, lambda at, page: polls.polls(at.stream, at.fan, page), rows=BATCH),
    Call(polls_queries.OPEN, lambda at: polls.start(at.quiet_stream, at.quiet_host, POLL)),
    Call(
        polls_queries.VOTE,
        lambda at: polls.vote(at.stream, at.newcomer, at.poll, VoteRequest(optionId=at.option)),
        rows=BATCH,
    ),
    Call(
        polls_queries.END,
        lambda at: polls.end(at.stream, at.creator, at.poll),
        rows=BATCH,
    ),
    Call(polls_queries.SWEEP, lambda _: polls.sweep(), rows=BATCH),
)

SHOWS: Final = (
    Call(shows_queries.CREATE, lambda at: shows.create(at.creator, a_show())),
    Call(shows_queries.UPDATE, lambda at: shows.update(at.show, at.creator, ShowUpdate(title="T"))),
    Call(shows_queries.START, lambda at: shows.start(at.small_show, at.small_show_host)),
    Call(shows_queries.REMIND, lambda at: shows.remind(at.show, at.newcomer)),
    List(shows_queries.UPCOMING, lambda _, page: shows.upcoming(None, None, page)),
    List(
        shows_queries.UPCOMING,
        lambda _, page: shows.upcoming(None, "qna", page),
        "of one type",
    ),
    List(shows_queries.OF_CREATOR, lambda at, page: shows.of_creator(at.creator, page)),
    List(shows_queries.TICKETS_OF, lambda at, page: shows.tickets_of(at.show_goer, page)),
    Call(shows_queries.GET, lambda at: shows.get(at.show, at.fan)),
    List(
        shows_queries.ATTENDEES,
        lambda at, page: shows.attendees(at.show, at.creator, page),
        rows=BATCH,
    ),
    Call(shows_queries.STATS, lambda at: shows.stats(at.show, at.creator), rows=CROWD),
    Call(shows_queries.OVERDUE, lambda _: shows.expire(), rows=BATCH),
    Call(
        shows_queries.CLAIM_REMINDERS,
        lambda _: ask(
            shows_queries.CLAIM_REMINDERS, batch=100, minutes_ahead=15, patience_seconds=60
        ),
        rows=BATCH,
    ),
    Call(
        shows_queries.REMINDER_SENT,
        lambda at: ask(shows_queries.REMINDER_SENT, show_id=at.show, user_id=at.fan),
    ),
    Call(
        shows_queries.REMINDER_GIVEN_UP,
        lambda at: ask(shows_queries.REMINDER_GIVEN_UP, show_id=at.show, user_id=at.fan),
    ),
    Call(
        rooms_queries.JOIN_SHOW,
        lambda at: ask(rooms_queries.JOIN_SHOW, show_id=at.live_show, caller_id=at.live_show_host),
    ),
    Call(
        ledger_queries.BUY_SHOW_TICKET,
        lambda at: shows.purchase(at.small_show, funded(at), once()),
    ),
    # A row and its refund for each of its few tickets.
    Call(
        ledger_queries.CANCEL_SHOW,
        lambda at: shows.cancel(at.small_show, at.small_show_host, once()),
        rows=BATCH,
    ),
    # The sum of what was paid, over its tickets.
    Call(
        ledger_queries.END_SHOW,
        lambda at: shows.end(at.live_show, at.live_show_host, once()),
        rows=CROWD,
    ),
    Call(
        ledger_queries.SETTLE_OVERDUE_SHOW,
        lambda at: ledger.settle_overdue_show(at.small_show),
    ),
)

CALLS: Final = (
    Call(calls_queries.GET, lambda at: calls.get(at.pending.id, at.pending.fan)),
    # So few wait at once that they may as well be sorted.
    List(calls_queries.PENDING, lambda at, page: calls.pending(at.creator, page), rows=BATCH),
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


DISCOVERY: Final = (
    List(
        discovery_queries.EXPLORE,
        lambda at, page: discovery.explore(at.fan, None, None, None, page),
    ),
    List(
        discovery_queries.EXPLORE,
        lambda _, page: discovery.explore(None, None, None, "online", page),
        who="nobody, of those online",
    ),
    Call(discovery_queries.PROFILE, lambda at: discovery.profile(at.creator_name, at.fan)),
    List(
        discovery_queries.FOLLOWERS,
        lambda at, page: discovery.followers(at.creator_name, at.fan, page),
    ),
    Call(
        discovery_queries.FOLLOWING,
        lambda at: discovery.following(at.creator_name, at.fan, PageRequest(20, None)),
        rows=BATCH,
    ),
)

LIMITS: Final = (
    Call(limits_queries.TAKE, lambda at: limits.take(Limit.GIFT, str(at.fan))),
    Call(limits_queries.PURGE, lambda _: limits.purge(), rows=BATCH),
)

SUSPENSIONS: Final = (
    # All that the one account in the queue has open: a stream, calls, and shows with few tickets,
    # as in the case of CANCEL_SHOW; and every live stream, where the planner finds them few.
    Call(suspensions_queries.DUE, lambda _: suspensions.enforce(), rows=4 * BATCH),
    Call(
        ledger_queries.ENFORCE_SUSPENSION,
        lambda at: ledger.enforce_suspension(at.small_show_host, 100),
        rows=4 * BATCH,
    ),
)

CASES: Final[tuple[Call | List, ...]] = (
    *ACCOUNTS,
    *STREAMS,
    *CHAT,
    *SHOWS,
    *CALLS,
    *MESSAGES,
    *WALLETS,
    *LEDGER,
    *DISCOVERY,
    *LIMITS,
    *SUSPENSIONS,
)

ROLLED_UP: Final = "a batch of what is new, as large as its limit (docs/analytics.md, make bench)"
NOT_PUBLISHED: Final = "a batch of what is not yet published, as large as its limit (ADR 0010)"

EXEMPT: Final[Mapping[str, str]] = {
    analytics_queries.REPORT.name: "measured with a million gifts by `make bench ARGS=analytics`",
    analytics_queries.MARK.name: ROLLED_UP,
    analytics_queries.FOLD_EARNINGS.name: ROLLED_UP,
    analytics_queries.FOLD_ACTIVITY.name: ROLLED_UP,
    analytics_queries.ROLL_WINDOWS.name: ROLLED_UP,
    discovery_queries.REFRESH_RANKS.name: "compares the rank of every creator",
    realtime_queries.TELL_VIEWER_COUNTS.name: "looks at every live stream",
    realtime_queries.CLAIM.name: NOT_PUBLISHED,
    realtime_queries.SETTLE.name: NOT_PUBLISHED,
    realtime_queries.REST.name: NOT_PUBLISHED,
    realtime_queries.REFUSE.name: NOT_PUBLISHED,
    realtime_queries.STATE.name: NOT_PUBLISHED,
    realtime_queries.PURGE.name: NOT_PUBLISHED,
    finance_queries.REPORT.name: "the trial balance is over every entry there is",
    ledger_queries.RECONCILE.name: "checks every wallet and every entry, at night",
    ledger_queries.TAKE_TIME.name: "a setting",
    diagnostics_queries.SLOW_QUERIES.name: "of the server's own statistics",
}
