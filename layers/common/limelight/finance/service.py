"""The financial report, from the ledger and nothing else."""

from typing import Final

from limelight.data import system
from limelight.errors import Problem
from limelight.finance import queries
from limelight.finance.models import Finance

LEDGER_TYPES: Final = 17


def report(days: int) -> Finance:
    """The state of all coins, with what moved on each of the last `days` UTC days by type."""
    with system.transaction() as books:
        totals = books.fetch_one(queries.REPORT)
        by_type = books.fetch_all(queries.BY_TYPE)
        by_day = books.fetch_all(queries.BY_DAY, {"days": days - 1, "limit": days * LEDGER_TYPES})
    if totals is None:
        raise Problem("not_found")
    return Finance.model_validate(totals | {"by_type": by_type, "by_day": by_day})
