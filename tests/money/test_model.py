"""Invariants 1 to 5 and 11: whatever is done in whatever order, the ledger is what its model is."""

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as seeded
from hypothesis.stateful import run_state_machine_as_test

from lambda_pool import Pool
from tests.money.machines.base import Machine
from tests.money.machines.books import BooksMachine
from tests.money.machines.calls import CallMachine
from tests.money.machines.messages import MessageMachine
from tests.money.machines.product import ProductMachine
from tests.money.machines.shows import ShowMachine
from tests.money.world import Owner

EXAMPLES = {
    BooksMachine: 50,
    CallMachine: 30,
    ShowMachine: 25,
    MessageMachine: 15,
    ProductMachine: 40,
}
STEPS = 60


@pytest.mark.parametrize("machine", EXAMPLES)
def test_the_product_does_with_coins_what_its_model_does(
    pool: Pool, owner: Owner, seed: int, machine: type[Machine]
) -> None:
    @seeded(seed)
    class Seeded(machine):  # type: ignore[misc, valid-type]
        def __init__(self) -> None:
            super().__init__(pool, owner)

    bounds = settings(
        max_examples=EXAMPLES[machine],
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),
    )
    run_state_machine_as_test(Seeded, settings=bounds)
