"""What the paid endpoints of direct messages take and answer."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from limelight.messages.models import MESSAGE, SOME_CONVERSATION, Message
from limelight.schema import Coins, Input, Output, Text, WholeNumber, example


class Unlocked(Output):
    """The message with its content, and the buyer's balance after it."""

    model_config = example(message=MESSAGE | {"kind": "locked", "unlockPrice": 40}, balance=60)

    message: Message
    balance: Coins


class PartyTipRequest(Input):
    """A tip to the other party of a conversation, in coins."""

    model_config = example(conversationId=SOME_CONVERSATION, amount=25, message="Thank you!")

    conversation_id: UUID
    amount: Annotated[WholeNumber, Field(ge=1, le=1_000_000)]
    message: Annotated[Text, Field(max_length=500)] | None = None


class PartyTipped(Output):
    """The tip as a message, and the sender's balance after it."""

    model_config = example(
        message=MESSAGE | {"kind": "tip", "content": "Thank you!", "tipAmount": 25}, balance=75
    )

    message: Message
    balance: Coins
