"""What the endpoints of support take and answer."""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import Field

from limelight.schema import (
    MAX_COINS,
    MINI_USER,
    SOME_STREAM,
    Coins,
    Input,
    JsonObject,
    Line,
    MiniUser,
    Output,
    Timestamp,
    WholeNumber,
    example,
)

_STAR: Final[JsonObject] = {
    "id": "00000000-0000-4000-8000-000000000003",
    "name": "Star",
    "price": 5,
    "rarity": "rare",
    "animation": "burst",
}
_GOAL: Final[JsonObject] = {
    "id": "2d1f7c0e-94b6-4a43-8a52-51d0c5f8e001",
    "streamId": SOME_STREAM,
    "title": "A new microphone",
    "targetAmount": 500,
    "progress": 120,
    "rewardText": "I sing what you ask for",
    "status": "active",
    "createdAt": "2026-01-15T20:05:00Z",
    "completedAt": None,
}


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


class GiftCatalogue(Output):
    """A page of the gifts that can be sent, cheapest first."""

    model_config = example(gifts=[_STAR], nextCursor=None)

    gifts: list[CatalogueGift]
    next_cursor: str | None


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
        gift=_STAR,
        balance=85,
    )

    stream_gift: StreamGift
    gift: CatalogueGift
    balance: Coins


class TipRequest(Input):
    """Coins for the host, perhaps with some words, which the chat shows."""

    model_config = example(amount=50, message="That was beautiful")

    amount: Annotated[WholeNumber, Field(ge=1, le=100_000)]
    message: Annotated[Line, Field(max_length=500)] | None = None


class StreamTip(Output):
    """A tip as sent; `amount` in coins."""

    id: UUID
    stream_id: UUID
    sender_id: UUID
    transfer_id: UUID
    amount: Coins
    message: str | None
    created_at: Timestamp


class TipSent(Output):
    """A tip as sent, and the sender's balance after it."""

    model_config = example(
        streamTip={
            "id": "0f5b7a52-3f6e-4f0f-9a8e-3a0b7c1d2001",
            "streamId": SOME_STREAM,
            "senderId": MINI_USER["id"],
            "transferId": "6f2c1f0e-5a0e-4c39-8a43-3f6f1f7f6a02",
            "amount": 50,
            "message": "That was beautiful",
            "createdAt": "2026-01-15T20:20:00Z",
        },
        balance=35,
    )

    stream_tip: StreamTip
    balance: Coins


class StreamTicket(Output):
    """A ticket as bought; `price` in coins."""

    id: UUID
    stream_id: UUID
    user_id: UUID
    transfer_id: UUID
    price: Coins
    created_at: Timestamp


class TicketBought(Output):
    """A ticket as bought, and the buyer's balance after it."""

    model_config = example(
        ticket={
            "id": "8c0d5b1a-77f4-4b7f-8c6a-2b9e4d3f5001",
            "streamId": SOME_STREAM,
            "userId": MINI_USER["id"],
            "transferId": "6f2c1f0e-5a0e-4c39-8a43-3f6f1f7f6a03",
            "price": 70,
            "createdAt": "2026-01-15T19:40:00Z",
        },
        balance=30,
    )

    ticket: StreamTicket
    balance: Coins


class TicketHeld(Output):
    """Whether the caller has a ticket, and what one costs; null when the stream needs none."""

    model_config = example(hasTicket=False, ticketPrice=70)

    has_ticket: bool
    ticket_price: Coins | None


class GoalRequest(Input):
    """What a host asks for, in coins of gifts and tips from now on."""

    model_config = example(
        title="A new microphone", targetAmount=500, rewardText="I sing what you ask for"
    )

    title: Annotated[Line, Field(max_length=100)]
    target_amount: Annotated[WholeNumber, Field(ge=1, le=MAX_COINS)]
    reward_text: Annotated[Line, Field(max_length=200)] | None = None


class GoalUpdate(Input):
    """The fields to change: null clears the reward, an absent field keeps what it holds."""

    model_config = example(targetAmount=300, rewardText=None)

    title: Annotated[Line, Field(max_length=100)] = Field(default="")
    target_amount: Annotated[WholeNumber, Field(ge=1, le=MAX_COINS)] = Field(default=1)
    reward_text: Annotated[Line, Field(max_length=200)] | None = None

    def changes(self) -> dict[str, Any]:
        """The columns to change, and to what."""
        return self.model_dump(exclude_unset=True)


class Goal(Output):
    """A goal; `progress` is what was given to its stream since it began, in coins.

    `missed` is one that its stream ended before.
    """

    model_config = example(**_GOAL)

    id: UUID
    stream_id: UUID
    title: str
    target_amount: Coins
    progress: Coins
    reward_text: str | None
    status: Literal["active", "completed", "missed"]
    created_at: Timestamp
    completed_at: Timestamp | None


class Goals(Output):
    """A page of a stream's goals, newest first."""

    model_config = example(goals=[_GOAL], nextCursor=None)

    goals: list[Goal]
    next_cursor: str | None
