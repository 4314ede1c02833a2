"""The sandbox's logger and metrics (Powertools).

Traces come from Lambda and API Gateway themselves (active tracing): the X-Ray SDK would add
botocore to every cold start (docs/adr/0004-no-tracing-sdk.md). Log lines carry the trace's id.
"""

from aws_lambda_powertools import Logger, Metrics

logger = Logger(service="limelight", taskName=None, location=None)
metrics = Metrics(namespace="Limelight", service="limelight")
