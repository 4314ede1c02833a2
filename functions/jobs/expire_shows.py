"""Every minute: cancel the shows that did not start, end those that nobody ended."""

from limelight.jobs import job_handler
from limelight.shows import service

handler = job_handler("expire_shows", service.expire)
