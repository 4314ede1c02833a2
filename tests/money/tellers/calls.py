"""Calls: asked for, taken, joined, covered, and closed by whoever and by the sweeps."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from tests.money import calling
from tests.money.client import Call
from tests.money.tellers.window import Window

KNOWN = 3
"""Of how many calls a teller thinks at most; who has more in mind forgets the oldest."""


@dataclass(frozen=True, slots=True)
class Line:
    call: str
    fan: UUID
    creator: UUID


class Calls:
    def __init__(self, window: Window) -> None:
        self._window = window
        self._people = window.town.cast.people
        self._lines: list[Line] = []
        self.work = [
            *(self._request, self._request, self._answer, self._answer, self._answer),
            *(self._reject, self._cancel, self._end, self._end),
            *(self._expire, self._extend),
        ]

    def _request(self) -> None:
        fan, creator = (self._people[person] for person in self._window.two())
        call = calling.request(fan, creator, key=self._window.key())
        answer = self._window.resolve("call_request", call)
        if "response" in answer:
            self._lines = [
                *self._lines[1 - KNOWN :],
                Line(answer["response"]["call"]["id"], fan, creator),
            ]

    def _answer(self) -> None:
        """The creator takes it, and both join."""
        if line := self._line():
            taken = self._window.resolve("call_accept", calling.accept(line.call, line.creator))
            if "code" in taken:
                return
            for party in (line.fan, line.creator):
                self._window.resolve("call_start", calling.start(line.call, party))

    def _reject(self) -> None:
        self._leave("call_reject", calling.reject)

    def _cancel(self) -> None:
        self._leave("call_cancel", calling.cancel)

    def _end(self) -> None:
        self._leave("call_end", calling.end)

    def _leave(self, operation: str, ask: Callable[[str, UUID, str], Call]) -> None:
        if line := self._line():
            both = (line.fan, line.creator)
            party = line.creator if operation == "call_reject" else self._window.dice.choice(both)
            self._window.resolve(operation, ask(line.call, party, self._window.key()))

    def _expire(self) -> None:
        if line := self._line():
            self._window.resolve("call_expire", calling.expire(line.call))

    def _extend(self) -> None:
        if line := self._line():
            self._window.resolve("call_extend", calling.extend(line.call))

    def _line(self) -> Line | None:
        return self._window.dice.choice(self._lines) if self._lines else None
