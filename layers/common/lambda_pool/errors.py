"""What the pool raises. Messages hold no values and may be logged."""


class PoolError(Exception):
    """The base of everything that the pool raises."""


class Unavailable(PoolError):
    """The database or its pooler cannot serve this now, and nothing was done.

    `retry_after` is in seconds.
    """

    def __init__(self, reason: str, retry_after: int = 2) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class Busy(Unavailable):
    """Every connection of this pool was in use until the deadline."""


class LoginRefused(Unavailable):
    """The pooler refused the password, also after the secret was read anew."""


class ShutOut(Unavailable):
    """The pooler lets nobody in for a while, after too many failures: its circuit is open."""


class DeadlineExceeded(PoolError):
    """The statement did not finish before the deadline and was given up.

    A cancel was asked for, and the connection is closed. Whether a statement that writes took
    effect is unknown, as with OutcomeUnknown.
    """


class OutcomeUnknown(PoolError):
    """The connection was lost after a statement or a COMMIT had been sent.

    It may have taken effect. Never blindly retry: ask again by an idempotency key.
    """


class NestedCheckout(PoolError):
    """A second connection was asked for while this thread held one.

    Threads that hold one connection and wait for another are how a small pool deadlocks.
    """


class QueryRefused(PoolError):
    """The database refused the statement, and it had no effect.

    `sqlstate`, `message` and `detail` are the database's; the last two may hold values and are for
    mapping, never for a log.
    """

    def __init__(self, sqlstate: str, message: str, detail: str) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate
        self.message = message
        self.detail = detail
