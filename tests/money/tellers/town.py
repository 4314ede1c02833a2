"""Who and what there is to pay for in the bank test, and how its processes are told."""

from dataclasses import dataclass
from itertools import combinations
from uuid import UUID

from pydantic import TypeAdapter

from tests.money import calling
from tests.money.world import Cast, Owner, cast, conversation, locked_message, new_goal, show

SHOWS_EACH = 30
OVERDUE_EACH = 5
MESSAGES_EACH = 60
PRICE = 15
DOOMED = 2


@dataclass(frozen=True, slots=True)
class Town:
    """A cast with calls to take, shows to see, and messages to read."""

    cast: Cast
    doomed: list[UUID]
    """Creators who are suspended before the end."""
    shows: list[tuple[UUID, UUID]]
    """Each with its creator."""
    locked: list[tuple[UUID, UUID]]
    """Messages, each with who may unlock it."""
    conversations: list[tuple[UUID, UUID, UUID]]
    """Each with its two parties."""

    def told(self) -> str:
        """The town as JSON."""
        return TypeAdapter(Town).dump_json(self).decode()


def town(told: str) -> Town:
    """The town that this JSON tells of."""
    return TypeAdapter(Town).validate_json(told)


def found(owner: Owner, size: int) -> Town:
    """A new town of so many people, where a call that nobody takes is soon missed."""
    people = cast(owner, size)
    doomed = cast(owner, DOOMED).people
    owner.execute(
        """
        update private.call_transitions
        set after = '1 second'
        where action = 'expire'
          and from_status in ('pending', 'accepted')
        """
    )
    for host, stage in zip(people.people, people.streams, strict=True):
        new_goal(owner, stage, host, 50)
        calling.take_calls(owner, host, minimum=1)
    late = ["-1 day"] * SHOWS_EACH + ["1 hour"] * OVERDUE_EACH
    return Town(
        people,
        doomed,
        [
            (show(owner, creator, price=PRICE, late=when), creator)
            for creator in (*people.people, *doomed)
            for when in late
        ],
        [
            (locked_message(owner, sender, recipient, PRICE), recipient)
            for number, recipient in enumerate(people.people)
            for sender in [people.people[number - 1]]
            for _ in range(MESSAGES_EACH)
        ],
        [
            (conversation(owner, one, other), one, other)
            for one, other in combinations(people.people, 2)
        ],
    )
