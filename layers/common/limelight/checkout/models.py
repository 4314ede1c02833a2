"""What the checkout endpoints take and answer."""

from uuid import UUID

from limelight.schema import Coins, Input, Output, example


class CheckoutRequest(Input):
    """The coin package to buy."""

    model_config = example(packageId="00000000-0000-4000-9000-000000000003")

    package_id: UUID


class Checkout(Output):
    """Where the buyer pays. `priceCents` in the currency's cents."""

    model_config = example(
        purchaseId="8d2f7f0c-43e4-4a53-9a7a-9f2a0b3c4001",
        sessionId="cs_test_a1b2c3",
        url="https://checkout.stripe.com/c/pay/cs_test_a1b2c3",
        coins=100,
        priceCents=1699,
        currency="usd",
    )

    purchase_id: UUID
    session_id: str
    url: str
    coins: Coins
    price_cents: int
    currency: str


class EventReceived(Output):
    """What became of an event: `applied`, `ignored`, `duplicate`, or why it was not applied."""

    model_config = example(outcome="applied")

    outcome: str
