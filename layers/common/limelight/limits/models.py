"""The limits by name, and how somebody stands in one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self


class Per(StrEnum):
    """Whose requests are counted together."""

    NOBODY = "nobody"
    CALLER = "user, else address"
    USER = "user"
    USER_AND_STREAM = "user and stream"
    ADDRESS = "address"


class Limit(StrEnum):
    """How often an endpoint may be called. The shared ones are rules of `private.rate_limits`,
    where their figures are (migration `rate_limits`)."""

    NONE = "none"
    """Another platform's signed events: one that is refused comes back hours later."""
    DEFAULT = "default"
    """Everything without a rule of its own, counted in the sandbox's memory."""
    CHECKOUT = "checkout"
    PAYOUT = "payout"
    GIFT = "gift"
    TIP = "tip"
    DM_TIP = "dm_tip"
    STREAM_TICKET = "stream_ticket"
    SHOW_TICKET = "show_ticket"
    UNLOCK = "unlock"
    CALL_REQUEST = "call_request"
    CHAT = "chat"
    SIGN_UP = "sign_up"
    USERNAME_CHECK = "username_check"

    @property
    def is_shared(self) -> bool:
        """Whether all sandboxes count together."""
        return self not in (Limit.NONE, Limit.DEFAULT)

    @property
    def per(self) -> Per:
        """Whose requests it counts together."""
        match self:
            case Limit.NONE:
                return Per.NOBODY
            case Limit.DEFAULT:
                return Per.CALLER
            case Limit.CHAT:
                return Per.USER_AND_STREAM
            case Limit.SIGN_UP | Limit.USERNAME_CHECK:
                return Per.ADDRESS
            case _:
                return Per.USER


@dataclass(frozen=True, slots=True)
class Window:
    """How somebody stands in one window; `reset_seconds` is until `remaining` grows, else 0."""

    seconds: int
    max_requests: int
    remaining: int
    reset_seconds: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a request is let through, and how its sender then stands in every window."""

    admitted: bool
    windows: tuple[Window, ...]

    @classmethod
    def of(cls, rows: Sequence[Mapping[str, Any]]) -> Self:
        """What `private.take_rate` answered: a row for each window."""
        return cls(
            rows[0]["admitted"],
            tuple(
                Window(
                    row["window_seconds"],
                    row["max_requests"],
                    row["remaining"],
                    row["reset_seconds"],
                )
                for row in rows
            ),
        )

    @property
    def tightest(self) -> Window:
        """The window with the least room; of several, the one that is longest without more."""
        return min(self.windows, key=lambda one: (one.remaining, -one.reset_seconds))
