"""Every minute: give back the coins of holds that have expired."""

from limelight.jobs import job_handler
from limelight.wallet import service

handler = job_handler("release_expired_holds", service.release_expired_holds)
