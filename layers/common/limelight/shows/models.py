"""What the shows endpoints take and answer."""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import Field, Strict

from limelight.schema import (
    MINI_USER,
    Coins,
    HttpsUrl,
    Input,
    JsonObject,
    Line,
    MiniUser,
    Moment,
    Output,
    Text,
    Timestamp,
    WholeNumber,
    example,
)

ShowType = Literal["live_show", "qna", "workshop", "meetgreet", "performance"]
Status = Literal["scheduled", "live", "ended", "cancelled"]
CancelReason = Literal["cancel", "expire", "suspend"]
"""By the creator; not started in time; by the platform."""

Title = Annotated[Line, Field(max_length=200)]
Description = Annotated[Text, Field(max_length=2000)]
Price = Annotated[WholeNumber, Field(ge=0, le=100_000)]
Seats = Annotated[WholeNumber, Field(ge=1, le=50_000)]
Minutes = Annotated[WholeNumber, Field(ge=1, le=720)]
Tags = Annotated[list[Annotated[Line, Field(max_length=30)]], Field(max_length=20)]
YesOrNo = Annotated[bool, Strict()]

_ID: Final = "2f6d5b1c-3c1e-4a7b-8e55-1b9a0c6de001"
_REQUEST: Final[JsonObject] = {
    "title": "Piano by candlelight",
    "description": "An hour of nocturnes, and requests at the end",
    "showType": "performance",
    "ticketPrice": 150,
    "maxTickets": 200,
    "scheduledStart": "2026-01-20T20:00:00Z",
    "durationMinutes": 60,
    "coverImageUrl": "https://cdn.example.com/candles.jpg",
    "trailerUrl": None,
    "isPrivate": False,
    "tags": ["piano", "classical"],
}
_SHOW: Final[JsonObject] = _REQUEST | {
    "id": _ID,
    "creator": MINI_USER,
    "ticketsSold": 57,
    "ticketsRemaining": 143,
    "status": "scheduled",
    "startedAt": None,
    "endedAt": None,
    "cancelledAt": None,
    "cancelReason": None,
    "createdAt": "2026-01-10T09:00:00Z",
}
_TICKET: Final[JsonObject] = {
    "id": "8b0f4b52-0d43-4d7e-9d3c-5f2a7c1e4001",
    "showId": _ID,
    "ticketNumber": 57,
    "price": 150,
    "status": "valid",
    "checkedInAt": None,
    "refundedAt": None,
    "purchasedAt": "2026-01-15T20:15:00Z",
}


def _not_sent() -> Any:
    """What a field holds that was not sent. As a factory: the API document shows no default, so
    that no client sends one to keep a value."""


class ShowRequest(Input):
    """A show to announce. `ticketPrice` in coins, 0 for a free one; without `maxTickets` seats
    end where the platform's do, at 50,000. A private show is in no list: whoever has its id may see
    and buy it."""

    model_config = example(**_REQUEST)

    title: Title
    description: Description | None = None
    show_type: ShowType
    ticket_price: Price
    max_tickets: Seats | None = None
    scheduled_start: Moment
    duration_minutes: Minutes = 60
    cover_image_url: HttpsUrl | None = None
    trailer_url: HttpsUrl | None = None
    is_private: YesOrNo = False
    tags: Tags = Field(default_factory=list)


class ShowUpdate(Input):
    """The fields to change: null clears, an absent field keeps what it holds."""

    model_config = example(title="Piano by moonlight", maxTickets=250, trailerUrl=None)

    title: Title = Field(default_factory=_not_sent)
    description: Description | None = Field(default_factory=_not_sent)
    show_type: ShowType = Field(default_factory=_not_sent)
    ticket_price: Price = Field(default_factory=_not_sent)
    max_tickets: Seats | None = Field(default_factory=_not_sent)
    scheduled_start: Moment = Field(default_factory=_not_sent)
    duration_minutes: Minutes = Field(default_factory=_not_sent)
    cover_image_url: HttpsUrl | None = Field(default_factory=_not_sent)
    trailer_url: HttpsUrl | None = Field(default_factory=_not_sent)
    is_private: YesOrNo = Field(default_factory=_not_sent)
    tags: Tags = Field(default_factory=_not_sent)

    def changes(self) -> dict[str, Any]:
        """The columns to change, and to what, as JSON."""
        return self.model_dump(mode="json", exclude_unset=True)


class Show(Output):
    """A show's public shape: never its room's name."""

    model_config = example(**_SHOW)

    id: UUID
    creator: MiniUser
    title: str
    description: str | None
    show_type: ShowType
    ticket_price: Coins
    max_tickets: int | None
    tickets_sold: int
    tickets_remaining: int | None
    scheduled_start: Timestamp
    duration_minutes: int
    cover_image_url: str | None
    trailer_url: str | None
    is_private: bool
    tags: list[str]
    status: Status
    started_at: Timestamp | None
    ended_at: Timestamp | None
    cancelled_at: Timestamp | None
    cancel_reason: CancelReason | None
    created_at: Timestamp


class ShowTicket(Output):
    """A ticket; `price` is what was paid for it, in coins."""

    model_config = example(**_TICKET)

    id: UUID
    show_id: UUID
    ticket_number: int
    price: Coins
    status: Literal["valid", "refunded"]
    checked_in_at: Timestamp | None
    refunded_at: Timestamp | None
    purchased_at: Timestamp


class ShowDetail(Show):
    """A show as the caller sees it: with their own ticket, if they have or had one."""

    model_config = example(**_SHOW, ticket=_TICKET, hasReminder=True)

    ticket: ShowTicket | None
    has_reminder: bool


class Shows(Output):
    """A page of shows."""

    model_config = example(shows=[_SHOW], nextCursor=None)

    shows: list[Show]
    next_cursor: str | None


class TicketOfShow(ShowTicket):
    """A ticket and the show that it is for."""

    model_config = example(**_TICKET, show=_SHOW)

    show: Show


class MyTickets(Output):
    """A page of the caller's tickets, newest first."""

    model_config = example(tickets=[_TICKET | {"show": _SHOW}], nextCursor=None)

    tickets: list[TicketOfShow]
    next_cursor: str | None


class TicketPurchased(Output):
    """A ticket as bought, and the buyer's balance after it."""

    model_config = example(ticket=_TICKET, balance=85)

    ticket: ShowTicket
    balance: Coins


class ReminderSet(Output):
    """A reminder as asked for: the show, and when it is to start."""

    model_config = example(showId=_ID, scheduledStart="2026-01-20T20:00:00Z")

    show_id: UUID
    scheduled_start: Timestamp


class ShowCancelled(Output):
    """A show as cancelled, and what went back to its buyers."""

    model_config = example(
        showId=_ID,
        status="cancelled",
        cancelledAt="2026-01-18T12:00:00Z",
        ticketsRefunded=57,
        coinsRefunded=8550,
    )

    show_id: UUID
    status: Literal["cancelled"]
    cancelled_at: Timestamp
    tickets_refunded: int
    coins_refunded: Coins


class ShowEnded(Output):
    """A show as ended. `revenue` is what its tickets paid; `earnings`, the creator's, are the
    revenue less `platformFee`. All in coins. Refunded is who was blocked and never came."""

    model_config = example(
        showId=_ID,
        status="ended",
        startedAt="2026-01-20T20:01:00Z",
        endedAt="2026-01-20T21:05:00Z",
        durationSeconds=3840,
        ticketsSold=57,
        ticketsRefunded=0,
        revenue=8550,
        platformFee=0,
        earnings=8550,
    )

    show_id: UUID
    status: Literal["ended"]
    started_at: Timestamp
    ended_at: Timestamp
    duration_seconds: int
    tickets_sold: int
    tickets_refunded: int
    revenue: Coins
    platform_fee: Coins
    earnings: Coins


class Attendee(Output):
    """Who holds a valid ticket, and when they first joined."""

    user: MiniUser
    ticket_number: int
    purchased_at: Timestamp
    checked_in_at: Timestamp | None


class Attendees(Output):
    """A page of a show's ticket holders, by ticket number."""

    model_config = example(
        attendees=[
            {
                "user": MINI_USER,
                "ticketNumber": 1,
                "purchasedAt": "2026-01-15T20:15:00Z",
                "checkedInAt": None,
            }
        ],
        nextCursor=None,
    )

    attendees: list[Attendee]
    next_cursor: str | None


class ShowStats(Output):
    """How a show sells. `revenue` is what its valid tickets paid, in coins; `sellThrough` is in
    percent, null where seats have no end."""

    model_config = example(
        showId=_ID, ticketsSold=57, maxTickets=200, revenue=8550, checkIns=0, sellThrough=29
    )

    show_id: UUID
    tickets_sold: int
    max_tickets: int | None
    revenue: Coins
    check_ins: int
    sell_through: int | None
