"""Shows and their tickets in any order and at any time, against a model of them."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any
from uuid import UUID

from hypothesis.stateful import Bundle, rule

from tests.money import client
from tests.money.machines.base import PEOPLE, Machine, even, key, somebody_else, who
from tests.money.models.shows import Show
from tests.money.world import show, shows_of

prices = even(0, 7, 30, 30)
others = even(0, *[place for place in range(1, PEOPLE) for _ in range(4)])
mostly_the_creator = even(0, 0, 0, 0, *range(1, PEOPLE))


class ShowMachine(Machine):
    """What buyers and creators may do, and the job that sees to what was left alone."""

    shows: Bundle[UUID] = Bundle("shows")

    @rule(
        target=shows,
        creator=who,
        price=prices,
        seats=even(None, None, 1, 2),
        hours=even(1, 3, 6),
    )
    def announce(self, creator: int, price: int, seats: int | None, hours: int) -> UUID:
        announced = show(
            self._owner,
            self._cast.people[creator],
            price=price,
            seats=seats,
            late=f"-{hours} hours",
        )
        self._model.shows.shows[announced] = Show(
            self._names[creator], price, seats, self._books.now + timedelta(hours=hours)
        )
        return announced

    @rule(show=shows, other=others)
    def buy_seat(self, show: UUID, other: int) -> None:
        name = self._other(show, other)
        answer, number = self._ask(
            client.buy_seat(UUID(name), show, key()), lambda: self._model.shows.buy(name, show)
        )
        if answer:
            ticket = answer["response"]["ticket"]
            price = self._model.shows.shows[show].price
            assert (ticket["ticket_number"], ticket["price"]) == (number, price)
            self._shows_balance(answer, self._names.index(name))

    @rule(show=shows)
    def go_live(self, show: UUID) -> None:
        creator = UUID(self._model.shows.shows[show].creator)
        self._ask(client.start_show(creator, show), lambda: self._model.shows.start(show))

    @rule(show=shows, other=others)
    def enter(self, show: UUID, other: int) -> None:
        name = self._other(show, other)
        self._ask(client.enter_show(UUID(name), show), lambda: self._model.shows.enter(name, show))

    @rule(show=shows, other=mostly_the_creator)
    def cancel(self, show: UUID, other: int) -> None:
        name = self._other(show, other)
        answer, refunds = self._ask(
            client.cancel_show(UUID(name), show, key()),
            lambda: self._model.shows.cancel(name, show),
        )
        self._answers(answer, refunds)

    @rule(show=shows, other=mostly_the_creator)
    def end(self, show: UUID, other: int) -> None:
        name = self._other(show, other)
        answer, takings = self._ask(
            client.end_show(UUID(name), show, key()), lambda: self._model.shows.end(name, show)
        )
        self._answers(answer, takings)

    @rule(
        target=shows,
        creator=who,
        price=prices,
        enters=somebody_else,
        shut_out=even(0, *range(1, PEOPLE)),
    )
    def perform(self, creator: int, price: int, enters: int, shut_out: int) -> Any:
        """A show that sells, begins and ends, as far as what came before lets it.

        Before the end its creator may block somebody who has come in, or has not.
        """
        show = self.announce(creator, price, None, 1)
        for other in range(1, PEOPLE):
            self.buy_seat(show, other)
        self.go_live(show)
        self.enter(show, enters)
        if shut_out:
            self.block(creator, shut_out)
        self.end(show, 0)
        return show

    @rule()
    def settle_overdue(self) -> None:
        """The job, which may ask of shows that are not overdue, or over."""
        for one in self._model.shows.shows:
            done = client.make(self._pool, client.settle_overdue_show(one))
            assert done == {"done": self._model.shows.settle_overdue(one)}

    @rule(early=even(True, False))
    def leave_alone(self, early: bool) -> None:
        """Time passes until the job is to see to a show, or to a second before."""
        now = self._books.now
        dues = [one.due for one in self._model.shows.shows.values() if one.due and one.due > now]
        if dues:
            self.wait(int((max(dues) - now).total_seconds()) - early)
        self.settle_overdue()

    @rule(creator=who)
    def cancel_all_of(self, creator: int) -> None:
        """As a suspension does."""
        name = self._names[creator]
        row = self._owner.execute("select private.cancel_shows_of(%s) as n", (name,)).fetchone()
        assert row == {"n": self._model.shows.suspend(name)}

    def _agree(self) -> None:
        super()._agree()
        expected = {one: show.standing for one, show in self._model.shows.shows.items()}
        assert shows_of(self._owner, self._cast.people) == expected

    def _answers(self, answer: client.Row | None, expected: Any) -> None:
        """The answer says what the model says."""
        if answer:
            told = asdict(expected)
            assert {name: answer["response"][name] for name in told} == told

    def _other(self, show: UUID, other: int) -> str:
        """Who stands so many places from the creator of the show, who is 0."""
        creator = self._names.index(self._model.shows.shows[show].creator)
        return self._names[(creator + other) % PEOPLE]
