"""What viewers give. Coins move in the ledger, together with all that a gift brings about."""

from typing import Final
from uuid import UUID

from limelight.data import system
from limelight.money import ledger
from limelight.money.once import Once, Receipt
from limelight.paging import Int64, Keyset, PageRequest
from limelight.schema import StreamId, UserId
from limelight.support import queries
from limelight.support.models import GiftRequest, GiftSent, Leaderboard, Supporter

BY_COINS: Final = Keyset("support.leaderboard", tuple[Int64, UUID])


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
