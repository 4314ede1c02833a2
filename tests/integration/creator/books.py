"""A creator's analytics the slow way: read every entry, every gift, every stream, and add up."""

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from tests.integration.people import Owner

SOURCES: Final = {
    "gift": "gifts",
    "stream_tip": "tips",
    "stream_ticket": "tickets",
    "call_earnings": "calls",
    "show_earnings": "shows",
    "message_unlock": "messages",
    "dm_tip": "messages",
}
KINDS: Final = ("gifts", "tips", "tickets", "calls", "shows", "messages")


class Books:
    """What the tables say of one creator, asked anew each time and added up in Python."""

    def __init__(self, owner: Owner, creator: UUID, today: date) -> None:
        self._owner = owner
        self._creator = creator
        self._today = today
        self.earned = self._earnings()
        self.follows = self._days(
            "select created_at from public.follows where followee_id = %s", (creator,)
        )
        self.streams = owner.execute(
            """
            select s.started_at, s.ended_at, x.total_views, x.peak_viewers
            from public.streams s
            join public.stream_stats x on x.stream_id = s.id
            where s.creator_id = %s
              and s.started_at is not null
            """,
            (creator,),
        ).fetchall()

    def report(self, days: int | None) -> dict[str, Any]:
        """The figures of so many days up to today, or of all time, named as the API names them."""
        first = date.min if days is None else self._today - timedelta(days=days - 1)
        before = first if days is None else first - timedelta(days=days)
        now = self._sums(lambda day: day >= first)
        past = self._sums(lambda day: before <= day < first)
        streams = [one for one in self.streams if utc_day(one[0]) >= first]
        gifters, gifts = self._gifts(first)
        earliest = min((day for day, *_ in self.earned), default=self._today)
        longest = max(first, earliest, self._today - timedelta(days=365))
        begins = longest if days is None else first
        return {
            "earnings": {
                "total": (sum(now.values()), None if days is None else sum(past.values())),
                **{one: (now[one], None if days is None else past[one]) for one in KINDS},
            },
            "newFollowers": (
                sum(day >= first for day in self.follows),
                None if days is None else sum(before <= day < first for day in self.follows),
            ),
            "views": sum(views for _, _, views, _ in streams),
            "streams": len(streams),
            "peak": max((peak for *_, peak in streams), default=0),
            "gifts": (sum(count for count, _ in gifts.values()), now["gifts"]),
            "byGift": sorted(
                ((coins, count, str(gift)) for gift, (count, coins) in gifts.items() if count > 0),
                key=lambda one: (-one[0], one[2]),
            ),
            "topGifters": sorted(
                ((-coins, str(who), count) for who, (count, coins) in gifters.items() if coins > 0)
            )[:5],
            "daily": self._daily(begins),
        }

    def _daily(self, begins: date) -> list[dict[str, Any]]:
        by_day: dict[date, Counter[str]] = defaultdict(Counter)
        for day, source, coins, _ in self.earned:
            by_day[day][source] += coins
        return [
            {
                "day": day.isoformat(),
                "total": sum(by_day[day].values()),
                **{one: by_day[day][one] for one in KINDS},
            }
            for day in (
                begins + timedelta(days=number) for number in range((self._today - begins).days + 1)
            )
        ]

    def _sums(self, within: Callable[[date], bool]) -> Counter[str]:
        sums: Counter[str] = Counter()
        for day, source, coins, _ in self.earned:
            if within(day):
                sums[source] += coins
        return sums

    def _gifts(
        self, first: date
    ) -> tuple[dict[UUID, tuple[int, int]], dict[UUID, tuple[int, int]]]:
        gifters: dict[UUID, tuple[int, int]] = defaultdict(lambda: (0, 0))
        gifts: dict[UUID, tuple[int, int]] = defaultdict(lambda: (0, 0))
        for day, _, coins, gift in self.earned:
            if gift is None or day < first:
                continue
            sender, gift_id, quantity = gift
            for table, key in ((gifters, sender), (gifts, gift_id)):
                count, total = table[key]
                table[key] = count + (quantity if coins > 0 else -quantity), total + coins
        return gifters, gifts

    def _earnings(self) -> list[tuple[date, str, int, tuple[UUID, UUID, int] | None]]:
        entries = self._owner.execute(
            """
            select e.transfer_id, t.reverses, e.type, e.amount, e.created_at
            from public.entries e
            join public.transfers t on t.id = e.transfer_id
            join public.wallets w on w.id = e.wallet_id
            where w.user_id = %s
            """,
            (self._creator,),
        ).fetchall()
        gifts = {
            transfer: (sender, gift, quantity)
            for transfer, sender, gift, quantity in self._owner.execute(
                "select transfer_id, sender_id, gift_id, quantity from public.stream_gifts"
            )
        }
        first = {one[0]: one for one in entries}
        earned = []
        for entry in entries:
            origin = entry
            while origin[1] is not None:
                origin = first[origin[1]]
            if origin[3] > 0 and origin[2] in SOURCES:
                source = SOURCES[origin[2]]
                earned.append((utc_day(entry[4]), source, entry[3], gifts.get(origin[0])))
        return earned

    def _days(self, statement: str, params: tuple[object, ...]) -> list[date]:
        rows = self._owner.execute(statement.encode(), params)
        return [utc_day(moment) for (moment,) in rows]


def utc_day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def shown(answer: dict[str, Any]) -> dict[str, Any]:
    """The figures of the API's answer that `Books.report` adds up."""
    overview, gifts = answer["overview"], answer["gifts"]
    return {
        "earnings": {
            name: (one["value"], one["previous"]) for name, one in overview["earnings"].items()
        },
        "newFollowers": (overview["newFollowers"]["value"], overview["newFollowers"]["previous"]),
        "views": overview["views"]["value"],
        "streams": answer["streams"]["count"],
        "peak": answer["streams"]["peakViewers"],
        "gifts": (gifts["count"], gifts["coins"]),
        "byGift": [(one["coins"], one["count"], one["id"]) for one in gifts["top"]],
        "topGifters": [(-one["coins"], one["id"], one["gifts"]) for one in answer["topGifters"]],
        "daily": answer["daily"],
    }
