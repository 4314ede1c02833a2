"""The sandbox's logger, metrics and tracer (Powertools)."""

from aws_lambda_powertools import Logger, Metrics, Tracer

logger = Logger(service="limelight", taskName=None, location=None)
metrics = Metrics(namespace="Limelight", service="limelight")
tracer = Tracer(service="limelight", auto_patch=False)
