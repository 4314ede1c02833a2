"""Every night: forget whoever has not been counted by a rate limit for two days."""

from limelight.jobs import job_handler
from limelight.limits import service

handler = job_handler("purge_rate_usage", service.purge)
