"""Every minute: close the calls that are past their time, and bill those that were active."""

from limelight.calls import service
from limelight.jobs import job_handler

handler = job_handler("expire_calls", service.expire_overdue)
