"""What the data doors raise, whichever driver is behind them."""


class DataError(Exception):
    """The database refused a statement.

    `code` is the SQLSTATE, or PostgREST's or Auth's own code. `message` and `detail` may hold
    values: they are for mapping, never for a log or a client.
    """

    def __init__(self, code: str, message: str = "", detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.detail = detail


class DataUnavailable(Exception):
    """The data could not be reached. `retry_after` is in seconds.

    The message says which part, in words that may be logged: never values.
    """

    def __init__(self, reason: str, retry_after: int = 2) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class DataLate(DataUnavailable):
    """The answer did not come before the deadline."""


class DataUnknown(DataUnavailable):
    """The connection was lost before the answer came: what was asked may have been done."""
