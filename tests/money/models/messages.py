"""What paid messages should do: unlocked once, tipped between the two of a conversation."""

from dataclasses import dataclass, field
from uuid import UUID

from tests.money.client import Refused
from tests.money.models.books import Ledger, Legs, Name


@dataclass(slots=True)
class Locked:
    sender: Name
    recipient: Name
    price: int
    unlocked: bool = False


@dataclass(slots=True)
class Messages:
    ledger: Ledger
    locked: dict[UUID, Locked] = field(default_factory=dict)
    tips: list[tuple[Name, int]] = field(default_factory=list)
    """Sender and coins, first to last."""

    def unlock(self, buyer: Name, key: UUID) -> Legs:
        message = self.locked[key]
        if buyer not in (message.sender, message.recipient):
            raise Refused("not_found")
        if buyer == message.sender:
            raise Refused("own_message")
        self.ledger.require_no_block(buyer, message.sender)
        if message.unlocked:
            raise Refused("already_unlocked")
        legs = self.ledger.pay("message_unlock", buyer, message.sender, message.price)
        message.unlocked = True
        return legs

    def tip(self, sender: Name, pair: tuple[Name, Name], coins: int) -> Legs:
        """A tip to the other of the two whose conversation it is."""
        if sender not in pair:
            raise Refused("not_found")
        (recipient,) = set(pair) - {sender}
        self.ledger.require_no_block(sender, recipient)
        legs = self.ledger.pay("dm_tip", sender, recipient, coins)
        self.tips.append((sender, coins))
        return legs
