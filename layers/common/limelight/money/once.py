"""What makes a money request repeatable without a second effect."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Once:
    """One intended payment: the client's key, a hash of what it asked for, and the request's id."""

    key: str
    payload_hash: str
    request_id: str


@dataclass(frozen=True, slots=True)
class Receipt[Answer]:
    """What a money request is answered with; `replayed` when it is the first answer again."""

    answer: Answer
    replayed: bool
