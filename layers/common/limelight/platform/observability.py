"""The sandbox's logger and metrics (Powertools).

Traces come from Lambda and API Gateway themselves (active tracing): the X-Ray SDK would add
botocore to every cold start (docs/adr/0004-no-tracing-sdk.md). Log lines carry the trace's id.
"""

import logging

from aws_lambda_powertools import Logger, Metrics

logging.logAsyncioTasks = False  # every request is "Task-1": nothing to read

logger = Logger(service="limelight", location=None)
metrics = Metrics(namespace="Limelight", service="limelight")
