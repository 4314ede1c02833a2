"""What the financial report answers. Amounts are coins unless they say cents."""

from datetime import date
from typing import Final

from limelight.schema import Coins, JsonObject, Output, example

_DAY: Final[JsonObject] = {"day": "2026-01-15", "type": "gift", "coins": 4200, "entries": 310}


class TypeTotal(Output):
    """What moved by one ledger type: coins credited, which equal those debited, and entries."""

    type: str
    coins: Coins
    entries: int


class DayTotal(TypeTotal):
    """What moved by one ledger type on one UTC day."""

    day: date


class Finance(Output):
    """The state of all coins. `trialBalance` is the sum of every entry and must be 0."""

    model_config = example(
        coinsSold=12000,
        coinsSoldCents=180000,
        inCirculation=10500,
        held=200,
        inEscrow=0,
        owedToCreators=6400,
        payoutsOpen=1500,
        paidOut=0,
        debts=0,
        platformFees=0,
        trialBalance=0,
        byType=[{"type": "gift", "coins": 4200, "entries": 310}],
        byDay=[_DAY],
    )

    coins_sold: Coins
    coins_sold_cents: int
    in_circulation: Coins
    held: Coins
    in_escrow: Coins
    owed_to_creators: Coins
    payouts_open: Coins
    paid_out: Coins
    debts: Coins
    platform_fees: Coins
    trial_balance: Coins
    by_type: list[TypeTotal]
    by_day: list[DayTotal]
