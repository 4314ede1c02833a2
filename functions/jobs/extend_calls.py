"""Every minute: set the next minute of active calls aside, or end those that cannot pay for it."""

from limelight.calls import service
from limelight.jobs import job_handler

handler = job_handler("extend_calls", service.extend_running_out)
