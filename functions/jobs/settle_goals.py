"""Every minute: complete and tell the goals that no gift did, and close those of ended streams."""

from limelight.jobs import job_handler
from limelight.support import service

handler = job_handler("settle_goals", service.settle_goals)
