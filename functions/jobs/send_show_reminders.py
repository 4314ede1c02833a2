"""Every minute: remind those who asked to be of shows that start soon."""

from limelight.jobs import job_handler
from limelight.shows import service

handler = job_handler("send_show_reminders", service.send_reminders)
