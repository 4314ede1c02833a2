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
        """Writes down what was seen. What is written holds as long as all of it was seen: where two
        indexes serve as well, runs differ, and neither is named after a few."""
        written = documented()
        told = written | {
            query: sorted(indexes)
            for query, indexes in self.seen.items()
            if query not in written or not indexes.issuperset(written[query])
        }
        text = json.dumps(dict(sorted(told.items())), indent=2)
        DOCUMENT.write_text(text + "\n")
