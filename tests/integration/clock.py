"""The server's clock, moved by a test: rules that take minutes are tried to the second."""

from datetime import datetime, timedelta

from psycopg import sql

from tests.integration.people import Owner

_DEFINITION = sql.SQL("""
    create or replace function private.now()
    returns timestamptz
    language sql
    stable
    set search_path = ''
    as $$
      select {base} + {offset}::interval
    $$
""")

_RUNNING = sql.SQL("now()")


class Clock:
    """`private.now()` of the database: real time, and what the test has added to it."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self._base: sql.Composable = _RUNNING
        self._offset = timedelta()

    def advance(self, **amount: float) -> None:
        """Time passes: `advance(minutes=5)`. Takes what `timedelta` takes."""
        self._offset += timedelta(**amount)
        self._define()

    def set(self, offset: timedelta) -> None:
        """Puts the clock this much ahead of real time."""
        self._base, self._offset = _RUNNING, offset
        self._define()

    def stop(self) -> None:
        """Time stands still, but for what the test adds to it."""
        self._base, self._offset = sql.Literal(self.now), timedelta()
        self._define()

    def _define(self) -> None:
        seconds = sql.Literal(str(self._offset.total_seconds()) + " s")
        self._owner.execute(_DEFINITION.format(base=self._base, offset=seconds))

    @property
    def now(self) -> datetime:
        """What the clock shows."""
        row = self._owner.execute("select private.now()").fetchone()
        assert row is not None
        moment: datetime = row[0]
        return moment


class StoppedClock(Clock):
    """A clock that stands still: no time passes but what the test adds, however slow the run."""

    def __init__(self, owner: Owner) -> None:
        super().__init__(owner)
        self.stop()
