"""Paid messages in any order, against a model of them."""

from collections import Counter
from itertools import combinations
from typing import Any
from uuid import UUID

from hypothesis.stateful import Bundle, rule

from lambda_pool import Pool
from tests.money import client
from tests.money.machines.base import PEOPLE, Machine, coins, even, key, somebody_else, who
from tests.money.models.messages import Locked
from tests.money.world import SECRET, Owner, conversation, locked_message, tips_of, unlocked_by

PAIRS = list(combinations(range(PEOPLE), 2))


class MessageMachine(Machine):
    """Messages that cost something to read, and tips between the two of a conversation."""

    locked: Bundle[UUID] = Bundle("locked")

    def __init__(self, pool: Pool, owner: Owner) -> None:
        super().__init__(pool, owner)
        people = self._cast.people
        self._conversations = {
            (one, other): conversation(owner, people[one], people[other]) for one, other in PAIRS
        }

    @rule(
        target=locked,
        sender=who,
        other=somebody_else,
        price=even(1, 9, 50, 200),
    )
    def write(self, sender: int, other: int, price: int) -> UUID:
        recipient = (sender + other) % PEOPLE
        people = self._cast.people
        message = locked_message(self._owner, people[sender], people[recipient], price)
        self._model.messages.locked[message] = Locked(
            self._names[sender], self._names[recipient], price
        )
        return message

    @rule(target=Machine.transfers, message=locked, place=even(0, 1, 1, 1, 1, 2))
    def unlock(self, message: UUID, place: int) -> Any:
        """By its sender, its recipient or a stranger."""
        found = self._model.messages.locked[message]
        (stranger,) = set(self._names) - {found.sender, found.recipient}
        name = (found.sender, found.recipient, stranger)[place]
        answer, legs = self._ask(
            client.unlock(UUID(name), message, key()),
            lambda: self._model.messages.unlock(name, message),
        )
        if answer:
            assert answer["response"]["message"]["content"] == SECRET
        return self._paid(
            answer, legs, self._names.index(name), lambda told: self._payment("unlock", told)
        )

    @rule(
        target=Machine.transfers, pair=even(*PAIRS), place=even(0, 0, 0, 1, 1, 1, 2), amount=coins
    )
    def tip_party(self, pair: tuple[int, int], place: int, amount: int) -> Any:
        """By one of the two or a stranger."""
        one, other = pair
        (stranger,) = set(range(PEOPLE)) - {one, other}
        sender = (one, other, stranger)[place]
        answer, legs = self._ask(
            client.tip_party(self._cast.people[sender], self._conversations[pair], amount, key()),
            lambda: self._model.messages.tip(
                self._names[sender], (self._names[one], self._names[other]), amount
            ),
        )
        return self._paid(answer, legs, sender, lambda told: self._payment("tip", told))

    def _agree(self) -> None:
        super()._agree()
        model = self._model.messages
        expected = {key for key, one in model.locked.items() if one.unlocked}
        assert unlocked_by(self._owner, self._cast.people) == expected
        assert tips_of(self._owner, self._cast.people) == Counter(model.tips)

    def _payment(self, what: str, told: client.Row) -> str:
        """The transfer behind a message that was paid for, which the answer does not tell."""
        statement = {
            "unlock": "select transfer_id from public.message_unlocks where message_id = %s",
            "tip": "select transfer_id from public.messages where id = %s",
        }[what]
        row = self._owner.execute(statement, (told["message"]["id"],)).fetchone()
        assert row is not None
        return str(row["transfer_id"])
