"""Every route, and what becomes of it between two people of whom one may not meet the other.

A new route joins by a row; until it has one, `tests/rules/test_standing.py` fails. The routes of a
stream are about its host and have their rows, and their trials, in `streams/test_access.py`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import pytest
from _pytest.mark.structures import ParameterSet

from limelight.http import Pattern
from local.facts.endpoints import http_functions
from tests.integration.standing import trials
from tests.integration.standing.trials import HIDDEN, LET_IN, Trial, Verdict
from tests.integration.streams.test_access import ROUTES as STREAM_ROUTES

KERNEL: Final = "the kernel's word"
"""Nothing is asked in the database: an account is trusted for 30 seconds, and a minute at most."""
EMPTY: Final = "nothing shown"
"""A list or a value without anything in it: row-level security has taken it away."""


@dataclass(frozen=True)
class Concern:
    """What a route has to do with somebody else, who is `other`."""

    trial: Trial | None
    """A good request that comes to the other; None where another test tries it."""
    blocked: Verdict = "blocked"
    """When the other has blocked the caller."""
    blocking: Verdict = "blocked"
    """When the caller has blocked the other."""
    suspended: Verdict = "not_found"
    """When the other is suspended, or deleted."""
    why: str = ""
    """Why the caller is let in, where they are."""

    @property
    def verdicts(self) -> tuple[Verdict, Verdict, Verdict]:
        return self.blocked, self.blocking, self.suspended


@dataclass(frozen=True)
class Row:
    """One route."""

    concerns: tuple[Concern, ...] = ()
    why_nobody: str = ""
    """Why nobody else is concerned, where nobody is."""
    at_once: Verdict | None = None
    """What a caller gets who was suspended a moment ago, and whom the kernel still trusts, where it
    is not what the route's pattern does (`at_once`)."""


def _on(
    trial: Trial,
    blocked: Verdict = "blocked",
    blocking: Verdict = "blocked",
    suspended: Verdict = "not_found",
    why: str = "",
) -> Concern:
    return Concern(trial, blocked, blocking, suspended, why)


def _open(trial: Trial, why: str) -> Concern:
    return Concern(trial, LET_IN, LET_IN, LET_IN, why)


def _without(trial: Trial) -> Concern:
    return Concern(trial, HIDDEN, HIDDEN, HIDDEN)


def _nobody(why: str, at_once: Verdict | None = None) -> Row:
    return Row(why_nobody=why, at_once=at_once)


def _of_stream(name: str) -> Row:
    rule = STREAM_ROUTES[name].verdicts("public")
    why = LET_INTO_STREAMS.get(name, "")
    return Row((Concern(None, rule["blocked"], rule["blocking"], why=why),))


LET_INTO_STREAMS: Final = {
    "streams/health": "whether a host is there is said to anybody",
    "streams/ticket": "whoever bought a ticket may know that they did",
}
OWN: Final = "it is about the caller alone"
DESK: Final = "the desk's duty is towards everybody, whoever blocked whom"
OWNERS: Final = "the owner looks after their own show, whoever holds seats of it"
LET_GO: Final = "whoever hangs up is let go, and their coins with them"
RECORD: Final = "what was paid and earned stays in the books of both"
WRITTEN: Final = "what was written stays with both; nothing can be added"
TO_UNDO: Final = "so that the caller's own block can be seen and lifted"
ALIKE: Final = "one public answer for everybody, cached; what it names is closed"
HOLDER: Final = "a holder sees what became of what they paid for"

_PROFILE: Final = ("not_found", LET_IN, "not_found", TO_UNDO)

TABLE: Final[Mapping[str, Row]] = MappingProxyType(
    {
        "admin/adjust_wallet": _nobody(DESK),
        "admin/analytics": _nobody(DESK),
        "admin/applications": _nobody(DESK),
        "admin/approve_application": _nobody(DESK),
        "admin/delete_user": _nobody(DESK),
        "admin/finance": _nobody(DESK),
        "admin/queries": _nobody(DESK),
        "admin/reject_application": _nobody(DESK),
        "admin/return_payout": _nobody(DESK),
        "admin/set_role": _nobody(DESK),
        "admin/settle_payout": _nobody(DESK),
        "admin/stats": _nobody(DESK),
        "admin/suspend_user": _nobody(DESK),
        "admin/users": _nobody(DESK),
        "admin/verify_user": _nobody(DESK),
        "auth/check_username": _nobody("whether a name is free, whoever has it", KERNEL),
        "auth/signup": _nobody(OWN, KERNEL),
        "calls/accept": Row((_on(trials.accept_call, suspended="call_expired"),)),
        "calls/cancel": Row((_open(trials.cancel_call, LET_GO),)),
        "calls/end": Row((_open(trials.end_call, LET_GO),)),
        "calls/get": Row((_open(trials.see_call, RECORD),)),
        "calls/history": _nobody(RECORD),
        "calls/initiate": Row((_on(trials.initiate_call),)),
        "calls/pending": _nobody("who waits can still be turned down"),
        "calls/reject": Row((_open(trials.reject_call, LET_GO),)),
        "calls/request": Row((_on(trials.request_call),)),
        "calls/start": Row((_on(trials.start_call, suspended="call_expired"),)),
        "calls/token": Row((_on(trials.enter_call, suspended="call_expired"),)),
        "checkout/create": _nobody(OWN),
        "checkout/webhook": _nobody("Stripe calls, for whoever paid", KERNEL),
        "creator/analytics": _nobody(RECORD),
        "creator/application": _nobody(OWN, EMPTY),
        "creator/apply": _nobody(OWN),
        "creator/settings": _nobody(OWN),
        "creator/update_settings": _nobody(OWN),
        "explore/creators": Row((_without(trials.explore),)),
        "follow/follow": Row((_on(trials.follow),)),
        "follow/unfollow": Row(
            (
                _on(
                    trials.unfollow, "not_following", "not_following", LET_IN,
                    "a block has ended it already; whom the platform shut out can be left",
                ),
            ),
            at_once="not_following",
        ),
        "gifts/catalogue": _nobody("the same gifts for everybody"),
        "messages/accept_request": Row((_on(trials.accept_request),)),
        "messages/block": _nobody("who is blocked or suspended can be blocked as well"),
        "messages/blocked": _nobody("the caller's own blocks, whoever they are of", EMPTY),
        "messages/conversation": Row((_open(trials.read_conversation, WRITTEN),)),
        "messages/conversations": _nobody(WRITTEN, EMPTY),
        "messages/decline_request": Row(
            (_open(trials.decline_request, "whoever asked is turned down"),)
        ),
        "messages/mark_read": _nobody(WRITTEN),
        "messages/request": Row((_on(trials.request_message),)),
        "messages/requests": Row((_without(trials.list_requests),), at_once=EMPTY),
        "messages/send": Row((_on(trials.send),)),
        "messages/send_locked": Row((_on(trials.send_locked),)),
        "messages/tip": Row((_on(trials.tip_party),)),
        "messages/unblock": _nobody("lifts the caller's own block and no other", "not_blocked"),
        "messages/unlock": Row((_on(trials.unlock),)),
        "messages/unread_count": _nobody(WRITTEN),
        "profiles/followers": Row(
            (_on(trials.see_followers, *_PROFILE), _without(trials.find_among_followers))
        ),
        "profiles/following": Row(
            (_on(trials.see_following, *_PROFILE), _without(trials.find_among_followed))
        ),
        "profiles/get": Row((_on(trials.see_profile, *_PROFILE),)),
        "shows/attendees": _nobody(OWNERS),
        "shows/cancel": _nobody(OWNERS),
        "shows/create": _nobody(OWN, "account_suspended"),
        "shows/creator": _nobody(OWN),
        "shows/end": _nobody(OWNERS),
        "shows/get": Row(
            (
                _on(trials.see_show),
                _on(trials.see_show_with_ticket, suspended=LET_IN, why=HOLDER),
            )
        ),
        "shows/join": Row((_on(trials.join_show, suspended="show_not_live"),)),
        "shows/my_tickets": _nobody(RECORD),
        "shows/purchase": Row((_on(trials.buy_seat),)),
        "shows/remind_me": Row((_on(trials.be_reminded),)),
        "shows/start": _nobody(OWNERS),
        "shows/stats": _nobody(OWNERS),
        "shows/upcoming": Row((_on(trials.list_shows, LET_IN, LET_IN, HIDDEN, ALIKE),)),
        "shows/update": _nobody(OWNERS),
        "streams/active": _nobody(OWN),
        "streams/create": _nobody(OWN, "account_suspended"),
        "streams/live": Row((_on(trials.list_streams, LET_IN, LET_IN, HIDDEN, ALIKE),)),
        "streams/my_streams": _nobody(OWN),
        "streams/stats": _nobody(OWN),
        **{name: _of_stream(name) for name in STREAM_ROUTES},
        "user/me": _nobody(OWN),
        "user/profile": _nobody(OWN, LET_IN),
        "user/update_profile": _nobody(OWN),
        "user/update_username": _nobody(OWN),
        "user/username_status": _nobody(OWN),
        "wallet/balance": _nobody(OWN),
        "wallet/payouts": _nobody(OWN),
        "wallet/request_payout": _nobody(OWN),
        "wallet/transactions": _nobody(OWN),
    }
)  # fmt: skip
"""A caller who is suspended is refused everywhere with `account_suspended`, by the kernel
(`every_endpoint`), as soon as it asks for the account again."""

BY_PATTERN: Final[Mapping[Pattern, Verdict]] = {
    Pattern.MONEY: "account_suspended",
    Pattern.REST: "forbidden",
    Pattern.SQL: KERNEL,
    Pattern.ADMIN: KERNEL,
}
"""What a pattern does at once: coins ask at their key, and REST at every row."""


def at_once() -> Mapping[str, Verdict]:
    """What each route answers whom the platform suspended a moment ago."""
    return {
        one.name: TABLE[one.name].at_once or BY_PATTERN[one.router.pattern]
        for one in http_functions()
    }


def tried(those: Callable[[Concern], bool] = lambda _: True) -> list[ParameterSet]:
    """The concerns that have a trial, or those of them that are asked for, named for a test."""
    return [
        pytest.param(concern, id=f"{name} {concern.trial.__name__}")
        for name, row in TABLE.items()
        for concern in row.concerns
        if concern.trial and those(concern)
    ]
