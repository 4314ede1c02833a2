"""Every minute: end the streams that their hosts left, and let silent viewers go."""

from limelight.jobs import job_handler
from limelight.streams import service

handler = job_handler("end_silent_streams", service.end_silent)
