"""Every minute: fold pending credits into their wallets."""

from limelight.jobs import job_handler
from limelight.wallet import service

handler = job_handler("settle_credits", service.settle_credits)
