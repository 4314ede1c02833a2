"""What viewers give. Coins move in the ledger, together with all that they bring about.

What must hold of goals under concurrency is decided in the migration `support`.
"""

import json
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from pydantic import AwareDatetime

from limelight.data import system
from limelight.errors import Problem
from limelight.money import ledger
from limelight.money.once import Once, Receipt
from limelight.paging import Int64, Keyset, PageRequest
from limelight.schema import GoalId, StreamId, UserId
from limelight.support import queries
from limelight.support.models import (
    CatalogueGift,
    GiftCatalogue,
    GiftRequest,
    GiftSent,
    Goal,
    GoalRequest,
    Goals,
    GoalUpdate,
    Leaderboard,
    Supporter,
    TicketBought,
    TicketHeld,
    TipRequest,
    TipSent,
)

GOALS_BATCH: Final = 500
"""Goals that one run of the job settles at most."""

BY_COINS: Final = Keyset("support.leaderboard", tuple[Int64, UUID])
BY_PRICE: Final = Keyset("support.catalogue", tuple[Int64, UUID])
GOALS_NEWEST_FIRST: Final = Keyset("support.goals", tuple[AwareDatetime, UUID])


def catalogue(page: PageRequest) -> GiftCatalogue:
    """The gifts that can be sent, cheapest first."""
    price, gift_id = page.after(BY_PRICE) or (None, None)
    rows = system.fetch_all(
        queries.CATALOGUE, {"price": price, "gift_id": gift_id, "limit": page.probe}
    )
    shown, last = page.split(rows)
    return GiftCatalogue(
        gifts=[CatalogueGift.model_validate(row) for row in shown],
        next_cursor=BY_PRICE.cursor((last["price"], last["id"])) if last else None,
    )


def leaderboard(stream_id: StreamId, viewer_id: UserId | None, page: PageRequest) -> Leaderboard:
    """Who gave most to the stream, one row per user."""
    coins, user_id = page.after(BY_COINS) or (None, None)
    rows = system.fetch_all(
        queries.LEADERBOARD,
        {
            "stream_id": stream_id,
            "viewer_id": viewer_id,
            "coins": coins,
            "user_id": user_id,
            "limit": page.probe,
        },
    )
    shown, last = page.split(rows)
    return Leaderboard(
        supporters=[Supporter.model_validate(row) for row in shown],
        next_cursor=BY_COINS.cursor((last["coins"], last["user_id"])) if last else None,
    )


def gift(
    stream_id: StreamId, sender_id: UserId, request: GiftRequest, once: Once
) -> Receipt[GiftSent]:
    """Sends a gift to the stream's host, once."""
    receipt = ledger.gift(sender_id, stream_id, request.gift_id, request.quantity, once)
    return Receipt(GiftSent.model_validate(receipt.answer), receipt.replayed)


def tip(
    stream_id: StreamId, sender_id: UserId, request: TipRequest, once: Once
) -> Receipt[TipSent]:
    """Sends coins to the stream's host, once."""
    receipt = ledger.tip(sender_id, stream_id, request.amount, request.message, once)
    return Receipt(TipSent.model_validate(receipt.answer), receipt.replayed)


def buy_ticket(stream_id: StreamId, buyer_id: UserId, once: Once) -> Receipt[TicketBought]:
    """Buys the stream's ticket at its price of this moment (`ticket_exists` the second time)."""
    receipt = ledger.buy_ticket(buyer_id, stream_id, once)
    return Receipt(TicketBought.model_validate(receipt.answer), receipt.replayed)


def ticket(stream_id: StreamId, user_id: UserId) -> TicketHeld:
    """Whether the user has a ticket; for whoever may know of the stream, let in or not."""
    row = system.fetch_one(queries.TICKET, {"stream_id": stream_id, "user_id": user_id})
    return TicketHeld.model_validate(_found(row))


def goals(stream_id: StreamId, viewer_id: UserId | None, page: PageRequest) -> Goals:
    """The stream's goals, newest first, as they stand now."""
    created_at, goal_id = page.after(GOALS_NEWEST_FIRST) or (None, None)
    rows = system.fetch_all(
        queries.GOALS,
        {
            "stream_id": stream_id,
            "viewer_id": viewer_id,
            "created_at": created_at,
            "id": goal_id,
            "limit": page.probe,
        },
    )
    shown, last = page.split(rows)
    return Goals(
        goals=[Goal.model_validate(row) for row in shown],
        next_cursor=GOALS_NEWEST_FIRST.cursor((last["created_at"], last["id"])) if last else None,
    )


def create_goal(stream_id: StreamId, caller_id: UserId, request: GoalRequest) -> Goal:
    """A goal that gifts and tips move from now on; five at a time (`too_many_goals`)."""
    given = {"stream_id": stream_id, "caller_id": caller_id}
    return _goal(queries.CREATE_GOAL, given | request.model_dump())


def change_goal(
    stream_id: StreamId, goal_id: GoalId, caller_id: UserId, request: GoalUpdate
) -> Goal:
    """Changes an active goal; its target is never below its progress (`goal_below_progress`)."""
    given = {"stream_id": stream_id, "goal_id": goal_id, "caller_id": caller_id}
    return _goal(queries.CHANGE_GOAL, given | {"changes": json.dumps(request.changes())})


def delete_goal(stream_id: StreamId, goal_id: GoalId, caller_id: UserId) -> Goal:
    """Takes an active goal back, and answers how it stood; a closed one stays (`goal_closed`)."""
    given = {"stream_id": stream_id, "goal_id": goal_id, "caller_id": caller_id}
    return _goal(queries.DELETE_GOAL, given)


def settle_goals() -> int:
    """The job: completes and tells what no gift did, and closes the goals of ended streams."""
    row = system.fetch_one(queries.SETTLE_GOALS, {"batch": GOALS_BATCH})
    return int(_found(row)["settled"])


def _goal(query: system.Query, params: Mapping[str, object]) -> Goal:
    return Goal.model_validate(_found(system.fetch_one(query, params)))


def _found(row: system.Row | None) -> system.Row:
    if row is None:
        raise Problem("not_found")
    return row
