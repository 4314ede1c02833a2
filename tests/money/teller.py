"""A process of the bank test: makes payments for a while, whatever breaks meanwhile."""

import json
import os
import random
import time

from lambda_pool import Pool
from tests.money.tellers.books import Books
from tests.money.tellers.calls import Calls
from tests.money.tellers.messages import Messages
from tests.money.tellers.shows import Shows
from tests.money.tellers.town import town
from tests.money.tellers.window import Window


def main() -> None:
    """Pays for as long as the environment says."""
    told = json.loads(os.environ["TELLER"])
    pool = Pool(lambda _: told["conninfo"], max_size=1)
    dice = random.Random(told["seed"])  # noqa: S311
    window = Window(pool, town(told["town"]), dice, told["name"])
    work = [
        one
        for desk in (Books(window), Calls(window), Shows(window), Messages(window))
        for one in desk.work
    ]
    ends = time.monotonic() + told["seconds"]
    while time.monotonic() < ends:
        dice.choice(work)()
    pool.close()


if __name__ == "__main__":
    main()
