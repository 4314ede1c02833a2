"""Every night: check every invariant of the ledger over every wallet; any drift is an alarm."""

from limelight.jobs import job_handler
from limelight.wallet import service

handler = job_handler("reconcile_wallets", service.reconcile)
