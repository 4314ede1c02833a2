"""What is paid for in direct messages. Coins and message are one transaction of the ledger."""

from uuid import UUID

from limelight.money import ledger
from limelight.money.once import Once, Receipt
from limelight.paid_messages.models import PartyTipped, PartyTipRequest, Unlocked
from limelight.schema import UserId


def unlock(message_id: UUID, buyer_id: UserId, once: Once) -> Receipt[Unlocked]:
    """Pays to read a locked message, once."""
    receipt = ledger.unlock_message(buyer_id, message_id, once)
    return Receipt(Unlocked.model_validate(receipt.answer), receipt.replayed)


def tip(sender_id: UserId, request: PartyTipRequest, once: Once) -> Receipt[PartyTipped]:
    """Tips the other party of a conversation, once."""
    receipt = ledger.tip_party(
        sender_id, request.conversation_id, request.amount, request.message, once
    )
    return Receipt(PartyTipped.model_validate(receipt.answer), receipt.replayed)
