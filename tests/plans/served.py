"""Which indexes serve which query: seen as the cases run, and written down in the documents."""

import json
from dataclasses import dataclass, field

from local.indexes import DOCUMENT, documented
from tests.plans.explain import Seen


@dataclass(slots=True)
class Served:
    """The indexes that each query was seen to be served by in this run."""

    seen: dict[str, set[str]] = field(default_factory=dict)

    def note(self, seen: Seen) -> None:
        for query, indexes in seen.served().items():
            self.seen.setdefault(query, set()).update(indexes)

    def note_read(self, query: str, seen: Seen) -> None:
        """Of a query over REST, which has no name in its statements."""
        self.seen.setdefault(query, set()).update(seen.indexes())

    def write(self) -> None:
        """Writes down what was seen; a query that was not asked keeps what it has."""
        told = documented() | {query: sorted(indexes) for query, indexes in self.seen.items()}
        text = json.dumps(dict(sorted(told.items())), indent=2)
        DOCUMENT.write_text(text + "\n")
