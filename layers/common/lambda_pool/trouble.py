"""Tells what a psycopg error means: refused, never begun, lost on the way, or a wrong password.

Poolers speak in words: PgBouncer under SQLSTATE 08P01, Supavisor under XX000 with a code in
parentheses. The words here are theirs.
"""

import re
from typing import Final

import psycopg

from lambda_pool.errors import (
    DeadlineExceeded,
    OutcomeUnknown,
    PoolError,
    QueryRefused,
    ShutOut,
    Unavailable,
)

LONG_WAIT_SECONDS: Final = 30

_LOGIN: Final = re.compile(
    r"password authentication failed|SASL authentication failed|authentication failed"
    r"|wrong password|no such user|28P01|28000|EAUTHFAIL",
    re.IGNORECASE,
)
_CIRCUIT: Final = re.compile(r"ECIRCUITBREAKER|circuit breaker", re.IGNORECASE)
_NEVER_BEGUN: Final = re.compile(
    # PgBouncer
    r"query_wait_timeout|no more connections allowed|max_client_conn|client_login_timeout"
    r"|server login (has been failing|failed)|server_login_retry|cannot connect to server"
    r"|is (disabled|paused)|the database system is (starting up|shutting down|in recovery)"
    # Supavisor
    r"|EMAX[A-Z]*CONN|EMAX[A-Z]*SESSION|MaxClientsInSessionMode|max clients reached"
    r"|ECHECKOUT[A-Z]+|unable to check out|EAUTHQUERY|EPOOLTERMINATING",
    re.IGNORECASE,
)
_LOST: Final = re.compile(r"EDBHANDLEREXITED|server conn crashed|server closed the connection")
_STATEMENT_TIMEOUT: Final = "57014"
_NEVER_BEGUN_CLASSES: Final = ("53",)
_CONNECTION_CLASSES: Final = ("08", "57P")


def is_login_refusal(error: psycopg.Error) -> bool:
    """Whether the server refused who we say we are."""
    return bool(_LOGIN.search(str(error)))


def is_circuit_open(error: psycopg.Error) -> bool:
    """Whether the pooler has shut us out for a while after too many failed logins."""
    return bool(_CIRCUIT.search(str(error)))


def of_connecting(error: psycopg.Error) -> Unavailable:
    """Why a connection could not be made: nothing was done."""
    if is_circuit_open(error):
        return ShutOut("the pooler's circuit breaker is open", LONG_WAIT_SECONDS)
    return Unavailable(f"cannot connect: {type(error).__name__}")


def of_statement(error: psycopg.Error, *, lost: bool) -> PoolError | psycopg.Error:
    """What became of a statement that ended in `error`; `lost` when its connection is gone.

    An error that never left this process (a parameter that cannot be sent) stays what it is.
    """
    sqlstate = error.sqlstate or ""
    if is_circuit_open(error):
        return ShutOut("the pooler's circuit breaker is open", LONG_WAIT_SECONDS)
    if sqlstate.startswith(_NEVER_BEGUN_CLASSES) or _NEVER_BEGUN.search(str(error)):
        return Unavailable(f"the pooler could not serve the statement: {sqlstate or 'no state'}")
    if sqlstate == _STATEMENT_TIMEOUT:
        return DeadlineExceeded("the server's statement_timeout")
    if lost or sqlstate.startswith(_CONNECTION_CLASSES) or _LOST.search(str(error)):
        return OutcomeUnknown(f"the connection was lost: {sqlstate or type(error).__name__}")
    if not sqlstate:
        return error
    return QueryRefused(sqlstate, error.diag.message_primary or "", error.diag.message_detail or "")
