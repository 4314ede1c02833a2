"""Everything that moves coins, over one ledger."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from tests.money.models.books import Ledger, Name
from tests.money.models.calls import Calls, Terms
from tests.money.models.messages import Messages
from tests.money.models.shows import Shows


@dataclass(slots=True)
class Product:
    ledger: Ledger
    calls: Calls
    shows: Shows
    messages: Messages

    @classmethod
    def opens(cls, people: list[Name], terms: Terms, now: datetime) -> Self:
        """With nobody owning a coin, and everybody taking calls on these terms."""
        ledger = Ledger(people, now)
        return cls(
            ledger,
            Calls(ledger, {name: Terms(terms.rate, terms.minimum) for name in people}),
            Shows(ledger),
            Messages(ledger),
        )
