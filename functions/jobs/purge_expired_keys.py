"""Every night: forget the answers to old idempotency keys."""

from limelight.jobs import job_handler
from limelight.wallet import service

handler = job_handler("purge_expired_keys", service.purge_expired_keys)
