"""How large the world is, and when it is."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

DAYS: Final = 90
"""How far back the world goes."""
CREATOR_EVERY: Final = 50
"""One user in so many is a creator."""
SMALLEST: Final = 0.001
LARGEST: Final = 10.0
# Of made-up accounts, in databases to play with.
PASSWORD: Final = "limelight seed"  # noqa: S105
PASSWORD_HASH: Final = "$2b$10$VO.ag8VBYxtt9An7vHLSyuzA8V.FTUhlDBKGqYtK/UZIjdMWz2yje"  # noqa: S105


@dataclass(frozen=True, slots=True)
class World:
    """What is asked for: the same seed, scale and moment make the same rows, ids and all."""

    seed: int
    scale: float
    """1 is 100,000 users, 10,000 streams, a million follows, gifts and lines of chat."""
    at: datetime
    """The world's present: when the live streams are live, and their viewers watching."""

    def __str__(self) -> str:
        return f"seed {self.seed}, scale {self.scale:g}, at {self.at.astimezone(UTC).isoformat()}"

    @property
    def users(self) -> int:
        return self._share(100_000)

    @property
    def streams(self) -> int:
        return self._share(10_000)

    def values(self) -> dict[str, object]:
        """What the areas' SQL is given."""
        return {
            "seed": self.seed,
            "at": self.at,
            "opened": self.at - timedelta(days=DAYS),
            "span": DAYS * 86_400,
            "users": self.users,
            "creators": -(-self.users // CREATOR_EVERY),
            "streams": self.streams,
            "live": max(1, self.streams * 3 // 100),
            "scheduled": max(1, self.streams * 2 // 100),
            "lines": self._share(1_000_000),
            "gifts": self._share(1_000_000),
            "tips": self._share(100_000),
            "calls": self._share(50_000),
            "shows": max(10, self._share(5_000)),
            "open_calls": max(5, self.users // 200),
            "password_hash": PASSWORD_HASH,
        }

    def is_asked_for(self, seed: int, scale: float, at: datetime | None) -> bool:
        """Whether this is the world that these make; `at` is None for any moment."""
        return (seed, scale, at or self.at) == (self.seed, self.scale, self.at)

    def _share(self, of: int) -> int:
        return round(of * self.scale)


def this_second() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
