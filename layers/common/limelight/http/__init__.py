"""The kernel of every HTTP function: what an endpoint file needs, and nothing else."""

from limelight.http.app import create_app, lambda_handler
from limelight.http.body import RawBody
from limelight.http.caller import Caller, RequestId, Visitor
from limelight.http.endpoint import Endpoint
from limelight.http.idempotency import Payment
from limelight.http.page import Page
from limelight.http.patterns import Pattern, Who
from limelight.limits.models import Limit

__all__ = [
    "Caller",
    "Endpoint",
    "Limit",
    "Page",
    "Pattern",
    "Payment",
    "RawBody",
    "RequestId",
    "Visitor",
    "Who",
    "create_app",
    "lambda_handler",
]
