"""Calls in any order and at any time, against a model of them."""

from typing import Any
from uuid import UUID

from hypothesis.stateful import Bundle, multiple, rule

from tests.money import calling, client
from tests.money.machines.base import Machine, even, key, pairs, who
from tests.money.models.calls import HOLD
from tests.money.world import calls_of

estimates = even(None, 1, 6, 14)
parties = even("fan", "fan", "fan", "creator", "creator", "creator", "stranger")


class CallMachine(Machine):
    """What the parties of a call may do to it, and the sweeps."""

    calls: Bundle[UUID] = Bundle("calls")

    @rule(target=calls, pair=pairs, estimate=estimates)
    def request(self, pair: tuple[int, int], estimate: int | None) -> Any:
        one, other = (self._names[person] for person in pair)
        asked = calling.request(UUID(one), UUID(other), estimate, key())
        answer, call = self._ask(asked, lambda: self._model.calls.request(one, other, estimate))
        if not answer:
            return multiple()
        told = answer["response"]
        opened = UUID(told["call"]["id"])
        held = call.terms.rate * max(call.terms.minimum, estimate or 0)
        self._books.holds[opened] = self._books.authorise(one, held, opened, HOLD)
        self._model.calls.calls[opened] = call
        assert told["held"] == held
        assert told["available_balance"] == self._books.available(one)
        return opened

    @rule(target=calls, pair=pairs, estimate=estimates)
    def talk(self, pair: tuple[int, int], estimate: int | None) -> Any:
        """A call that both have joined, if one can be opened now."""
        opened = self.request(pair, estimate)
        if not isinstance(opened, UUID):
            return multiple()
        self.accept(opened, "creator")
        for party in ("fan", "creator"):
            self.start(opened, party)
        return opened

    @rule(call=calls, party=parties)
    def accept(self, call: UUID, party: str) -> None:
        name = self._party(call, party)
        self._ask(
            calling.accept(str(call), UUID(name)), lambda: self._model.calls.accept(call, name)
        )

    @rule(call=calls, party=parties)
    def start(self, call: UUID, party: str) -> None:
        name = self._party(call, party)
        self._ask(calling.start(str(call), UUID(name)), lambda: self._model.calls.start(call, name))

    @rule(call=calls, party=parties, action=even("reject", "cancel", "end", "end"))
    def leave(self, call: UUID, party: str, action: str) -> None:
        name = self._party(call, party)
        ask = {"reject": calling.reject, "cancel": calling.cancel, "end": calling.end}[action]
        answer, _ = self._ask(
            ask(str(call), UUID(name), key()), lambda: self._model.calls.leave(call, name, action)
        )
        if answer:
            told = answer["response"]
            shown = (told["status"], told["billed_minutes"], told["charged"], told["shortfall"])
            assert shown == self._model.calls.calls[call].standing

    @rule()
    def expire_calls(self) -> None:
        """The sweep, which may ask of calls that are not overdue."""
        for call in self._open():
            done = client.make(self._pool, calling.expire(str(call)))
            assert done == {"done": self._model.calls.expire(call)}

    @rule()
    def extend_calls(self) -> None:
        """The other sweep, which may ask of calls that are covered."""
        for call in self._open():
            done = client.make(self._pool, calling.extend(str(call)))
            assert done == {"done": self._model.calls.extend(call)}

    @rule(broke=even(True, False))
    def use_up(self, broke: bool) -> None:
        """A call goes on to the end of its last held minute; its fan may have spent the rest."""
        now = self._books.now
        for one in self._model.calls.calls.values():
            if one.status == "active" and one.covered and one.covered > now:
                if broke and (spare := self._books.available(one.fan)):
                    self.adjust(self._names.index(one.fan), -spare)
                self.wait(int((one.covered - now).total_seconds()))
                break
        self.extend_calls()

    @rule(call=calls)
    def sweep_late(self, call: UUID) -> None:
        """A sweep that found the call before somebody closed it."""
        for sweep, model in (
            (calling.expire, self._model.calls.expire),
            (calling.extend, self._model.calls.extend),
        ):
            assert client.make(self._pool, sweep(str(call))) == {"done": model(call)}

    @rule(party=who)
    def cut_the_line_of(self, party: int) -> None:
        """As a suspension does."""
        name = self._names[party]
        row = self._owner.execute("select private.cancel_open_calls(%s) as n", (name,)).fetchone()
        assert row == {"n": self._model.calls.suspend(name)}

    @rule(creator=who, rate=even(1, 7, 30), minimum=even(1, 2, 6))
    def ask_another_price(self, creator: int, rate: int, minimum: int) -> None:
        """From the next call on."""
        calling.take_calls(self._owner, self._cast.people[creator], rate, minimum)
        terms = self._model.calls.terms[self._names[creator]]
        terms.rate, terms.minimum = rate, minimum

    def _agree(self) -> None:
        super()._agree()
        expected = {call: one.standing for call, one in self._model.calls.calls.items()}
        assert calls_of(self._owner, self._cast.people) == expected

    def _open(self) -> list[UUID]:
        return [call for call, one in self._model.calls.calls.items() if one.open]

    def _party(self, call: UUID, party: str) -> str:
        """The name of somebody who stands so to the call."""
        opened = self._model.calls.calls[call]
        (stranger,) = set(self._names) - {opened.fan, opened.creator}
        return {"fan": opened.fan, "creator": opened.creator, "stranger": stranger}[party]
