"""A function that does nothing, with the packages that a `admin` function cannot do without.

Routes and validation (FastAPI on pydantic), API Gateway's events (Mangum), the log and the metrics
(Powertools), settings (pydantic-settings), access tokens (PyJWT), PostgREST (postgrest on httpx).
"""

import fastapi
import httpx
import jwt
import mangum
import postgrest
import pydantic
import pydantic_settings
from aws_lambda_powertools import Logger, Metrics

PACKAGES = (fastapi, httpx, jwt, mangum, postgrest, pydantic, pydantic_settings, Logger, Metrics)


def handler(_event: object, _context: object) -> None:
    """Does nothing."""
