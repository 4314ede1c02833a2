"""Every minute, and for a little longer: publish what committed, twice a second, in order."""

from limelight.jobs import job_handler
from limelight.realtime import service

handler = job_handler("publish_outbox", service.publish)
