"""Every minute: close the polls whose time is over, and tell the last figures of the others."""

from limelight.jobs import job_handler
from limelight.polls import service

handler = job_handler("close_polls", service.sweep)
