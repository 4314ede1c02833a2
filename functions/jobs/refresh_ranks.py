"""Every minute: bring the ranks of creators in explore up to date."""

from limelight.discovery import service
from limelight.jobs import job_handler

handler = job_handler("refresh_ranks", service.refresh_ranks)
