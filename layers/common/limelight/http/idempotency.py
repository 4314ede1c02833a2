"""The Idempotency-Key of money endpoints: same key and payload, one effect and one answer.

The key, a hash of the payload and the answer are stored by the ledger in the transaction that moves
the money (migration `ledger`, `ledger.claim`); this module only reads the header and says when an
answer is a replay.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Header, Request, Response

from limelight.errors import Problem
from limelight.http.problems import IDEMPOTENCY_HEADER
from limelight.money.once import Once, Receipt

REPLAYED_HEADER: Final = "Idempotent-Replayed"


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """The idempotent half of a money request."""

    once: Once
    _response: Response

    def answer[Answer](self, receipt: Receipt[Answer]) -> Answer:
        """The answer of `receipt`; a replay is marked in the response's headers."""
        if receipt.replayed:
            self._response.headers[REPLAYED_HEADER] = "true"
        return receipt.answer


async def _payment(
    request: Request,
    response: Response,
    key: Annotated[
        str,
        Header(
            alias=IDEMPOTENCY_HEADER,
            pattern=r"^[!-~]{1,255}$",
            description="1 to 255 visible ASCII characters, new for every intended payment.",
            examples=["0b9d3c1e-6a43-4d3f-9a53-0a4f5a3d8e11"],
        ),
    ],
) -> PaymentRequest:
    body = await _json(request)
    payload = json.dumps([request.url.path, body], sort_keys=True)
    payload_hash = hashlib.sha256(payload.encode()).hexdigest()
    return PaymentRequest(Once(key, payload_hash, request.state.request_id), response)


async def _json(request: Request) -> object:
    """The body's value. Where an endpoint takes none, nothing has looked at it before."""
    try:
        return await request.json() if await request.body() else None
    except (ValueError, RecursionError):
        raise Problem("malformed_json") from None


Payment = Annotated[PaymentRequest, Depends(_payment)]
"""Declared by every money endpoint."""
