"""Every minute: end the streams that hosts left, let silent viewers go, add up what is over."""

from limelight.jobs import job_handler
from limelight.streams import service

handler = job_handler("end_silent_streams", service.end_silent)
