"""What the commands say while they work: a spinner on a terminal, plain lines elsewhere."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape


@dataclass(slots=True)
class Step:
    """A step under way; `note` is said beside its title once it is done."""

    note: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """Says each step as it ends and how long it took. A quiet one says nothing."""

    console: Console = field(default_factory=lambda: Console(highlight=False, soft_wrap=True))
    quiet: bool = False

    @contextlib.contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Time the steps within; an exception marks the step as failed and goes on."""
        step = Step()
        started = time.monotonic()
        try:
            with self._spinner(title):
                yield step
        except BaseException:
            self.say(f"[red]✗[/] {escape(title)}")
            raise
        seconds = time.monotonic() - started
        note = f" [dim]{escape(step.note)}[/]" if step.note else ""
        self.say(f"[green]✓[/] {escape(title)}{note} [dim]({seconds:.1f} s)[/]")

    def say(self, markup: str) -> None:
        if not self.quiet:
            self.console.print(markup)

    def warn(self, text: str) -> None:
        self.say(f"[yellow]![/] {escape(text)}")

    def _spinner(self, title: str) -> contextlib.AbstractContextManager[object]:
        if self.quiet or not self.console.is_terminal:
            return contextlib.nullcontext()
        return self.console.status(escape(title))


QUIET = Progress(quiet=True)
