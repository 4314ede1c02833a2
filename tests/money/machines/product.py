"""Everything that moves coins at once: what one part leaves in a wallet, another finds there."""

from tests.money.machines.books import BooksMachine
from tests.money.machines.calls import CallMachine
from tests.money.machines.messages import MessageMachine
from tests.money.machines.shows import ShowMachine


class ProductMachine(BooksMachine, CallMachine, ShowMachine, MessageMachine):
    """The rules of all the others, over the same people."""
