"""What the endpoints of support take and answer."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from limelight.schema import (
    MINI_USER,
    SOME_STREAM,
    Coins,
    Input,
    MiniUser,
    Output,
    Timestamp,
    WholeNumber,
    example,
)


class Supporter(Output):
    """What one user gave to a stream: coins of gifts and tips, and how many gifts."""

    user: MiniUser
    coins: Coins
    gifts: int


class Leaderboard(Output):
    """A page of a stream's supporters, most coins first."""

    model_config = example(
        supporters=[{"user": MINI_USER, "coins": 45, "gifts": 3}], nextCursor=None
    )

    supporters: list[Supporter]
    next_cursor: str | None


class GiftRequest(Input):
    """A gift of the catalogue, `quantity` times."""

    model_config = example(giftId="00000000-0000-4000-8000-000000000003", quantity=3)

    gift_id: UUID
    quantity: Annotated[WholeNumber, Field(ge=1, le=100)]


class StreamGift(Output):
    """A gift as sent."""

    id: UUID
    stream_id: UUID
    sender_id: UUID
    transfer_id: UUID
    quantity: int
    total_coins: Coins
    created_at: Timestamp


class CatalogueGift(Output):
    """A gift of the catalogue; `price` in coins."""

    id: UUID
    name: str
    price: Coins
    rarity: Literal["common", "rare", "epic", "legendary"]
    animation: Literal["float", "burst", "fireworks", "confetti"]


class GiftSent(Output):
    """A gift as sent, and the sender's balance after it."""

    model_config = example(
        streamGift={
            "id": "7a4b54d1-1c5e-4a0e-9b40-6a1c3d7f9001",
            "streamId": SOME_STREAM,
            "senderId": MINI_USER["id"],
            "transferId": "6f2c1f0e-5a0e-4c39-8a43-3f6f1f7f6a01",
            "quantity": 3,
            "totalCoins": 15,
            "createdAt": "2026-01-15T20:15:00Z",
        },
        gift={
            "id": "00000000-0000-4000-8000-000000000003",
            "name": "Star",
            "price": 5,
            "rarity": "rare",
            "animation": "burst",
        },
        balance=85,
    )

    stream_gift: StreamGift
    gift: CatalogueGift
    balance: Coins
