"""The financial report, from the ledger and nothing else."""

from limelight.data import system
from limelight.finance import queries
from limelight.finance.models import Finance


def report(days: int) -> Finance:
    """The state of all coins, with what moved on each of the last `days` UTC days by type."""
    return Finance.model_validate(system.fetch_one(queries.REPORT, {"days": days}))
