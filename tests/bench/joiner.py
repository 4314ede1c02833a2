"""A sandbox's process that joins streams in the name of many viewers, one after the other."""

import json
import os
import sys
from typing import Final

from lambda_pool import Pool, deadline
from limelight.streams.queries import JOIN

SECONDS: Final = 30.0


class Joiner:
    """One connection."""

    def __init__(self, conninfo: str) -> None:
        self._pool = Pool(lambda _: conninfo, max_size=1)

    def join(self, viewers: list[str], streams: list[str]) -> int:
        """Each viewer joins the next of the streams; answers how many have joined."""
        for number, viewer in enumerate(viewers):
            with deadline(SECONDS):
                self._pool.fetch_one(
                    JOIN, {"stream_id": streams[number % len(streams)], "viewer_id": viewer}
                )
        return len(viewers)


def main() -> None:
    """Answers each line of the standard input with one line."""
    joiner = Joiner(os.environ["BENCH_CONNINFO"])
    for line in sys.stdin:
        action, *arguments = json.loads(line)
        print(json.dumps({"done": getattr(joiner, action)(*arguments)}), flush=True)


if __name__ == "__main__":
    main()
