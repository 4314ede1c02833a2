"""Every two minutes: fold what creators earned and did into their days."""

from limelight.analytics import service
from limelight.jobs import job_handler

handler = job_handler("refresh_analytics", service.refresh)
