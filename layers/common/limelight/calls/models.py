"""What the calls endpoints take and answer."""

from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import Field

from limelight.schema import (
    MINI_USER,
    Coins,
    Input,
    JsonObject,
    MiniUser,
    Output,
    Timestamp,
    WholeNumber,
    example,
)

Status = Literal["pending", "accepted", "active", "completed", "rejected", "missed", "cancelled"]
EndReason = Literal["reject", "cancel", "end", "expire", "run_out", "suspend"]
Side = Literal["fan", "creator", "platform"]

MAX_MINUTES: Final = 240
"""How long a call lasts at most (migration `calls`), and so what can be expected of one."""

_FAN: Final[JsonObject] = {
    "id": "0f5b3c52-9a1e-4e0f-8d3c-2b7f6c1d9e22",
    "username": "robin",
    "displayName": "Robin",
    "avatarUrl": None,
}
_PENDING: Final[JsonObject] = {
    "id": "5c1d8e0a-3b7f-4f64-9c2e-8a6b4d2f1001",
    "fan": _FAN,
    "creator": MINI_USER,
    "status": "pending",
    "ratePerMinute": 25,
    "minimumMinutes": 5,
    "estimatedMinutes": 10,
    "requestedAt": "2026-01-15T20:00:00Z",
    "acceptedAt": None,
    "fanJoinedAt": None,
    "creatorJoinedAt": None,
    "startedAt": None,
    "endedAt": None,
    "expiresAt": "2026-01-15T20:05:00Z",
    "coveredUntil": None,
    "durationSeconds": None,
    "billedMinutes": 0,
    "charged": 0,
    "shortfall": 0,
    "endReason": None,
    "endedBy": None,
}
_COMPLETED: Final[JsonObject] = _PENDING | {
    "status": "completed",
    "acceptedAt": "2026-01-15T20:00:40Z",
    "fanJoinedAt": "2026-01-15T20:00:50Z",
    "creatorJoinedAt": "2026-01-15T20:01:00Z",
    "startedAt": "2026-01-15T20:01:00Z",
    "endedAt": "2026-01-15T20:08:05Z",
    "expiresAt": None,
    "durationSeconds": 425,
    "billedMinutes": 8,
    "charged": 200,
    "endReason": "end",
    "endedBy": "fan",
}


class CallRequest(Input):
    """Whom to call, and for how many minutes if the fan has an idea."""

    model_config = example(creatorId=MINI_USER["id"], estimatedMinutes=10)

    creator_id: UUID
    estimated_minutes: Annotated[WholeNumber, Field(ge=1, le=MAX_MINUTES)] | None = None


class Call(Output):
    """A call as both parties see it.

    Rate and minimum are those of the moment it was asked for. While it is open, `expiresAt` says
    when the platform closes it; while it is active, `coveredUntil` says until when it is paid for.
    `billedMinutes × ratePerMinute = charged + shortfall`, the shortfall being what the fan could
    not pay.
    """

    model_config = example(**_COMPLETED)

    id: UUID
    fan: MiniUser
    creator: MiniUser
    status: Status
    rate_per_minute: Coins
    minimum_minutes: int
    estimated_minutes: int
    requested_at: Timestamp
    accepted_at: Timestamp | None
    fan_joined_at: Timestamp | None
    creator_joined_at: Timestamp | None
    started_at: Timestamp | None
    ended_at: Timestamp | None
    expires_at: Timestamp | None
    covered_until: Timestamp | None
    duration_seconds: int | None
    billed_minutes: int
    charged: Coins
    shortfall: Coins
    end_reason: EndReason | None
    ended_by: Side | None


class CallRequested(Output):
    """A call as asked for, the coins set aside for it, and what the fan can still spend."""

    model_config = example(call=_PENDING, held=250, availableBalance=50)

    call: Call
    held: Coins
    available_balance: Coins


class PendingCall(Call):
    """A call that waits for the creator, who has `remainingSeconds` left to answer."""

    remaining_seconds: int


class PendingCalls(Output):
    """A page of the calls that wait for the creator, the most urgent first."""

    model_config = example(calls=[_PENDING | {"remainingSeconds": 272}], nextCursor=None)

    calls: list[PendingCall]
    next_cursor: str | None


class Calls(Output):
    """A page of the caller's calls, on either side, newest first."""

    model_config = example(calls=[_COMPLETED], nextCursor=None)

    calls: list[Call]
    next_cursor: str | None
