"""Every minute: end the streams and calls, cancel the shows, of who was suspended or deleted."""

from limelight.jobs import job_handler
from limelight.suspensions import service

handler = job_handler("enforce_suspensions", service.enforce)
