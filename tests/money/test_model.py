"""Invariants 1 to 5 and 11: whatever is done in whatever order, the ledger is what its model is."""

from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as seeded
from hypothesis.stateful import run_state_machine_as_test

from lambda_pool import Pool
from tests.money.machine import LedgerMachine
from tests.money.world import Owner

BOUNDS = settings(
    max_examples=80,
    stateful_step_count=70,
    deadline=None,
    database=None,
    print_blob=False,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate,),
)


def test_the_ledger_does_what_its_model_does(pool: Pool, owner: Owner, seed: int) -> None:
    @seeded(seed)
    class Machine(LedgerMachine):
        def __init__(self) -> None:
            super().__init__(pool, owner)

    run_state_machine_as_test(Machine, settings=BOUNDS)
