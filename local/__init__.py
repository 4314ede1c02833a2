"""The laptop stack: all that Limelight needs, on one machine, without Docker. None of it ships.

At the top are the commands, with what they share in `commands`. Below, each package imports only
those under it (pyproject.toml holds it to that), and a word on each is in its own docstring:

- `demo`: those who use the product: its client, demo data, the story that `make smoke` walks
- `documents`: what writes and compares the generated documents
- `web`: the console, and what serves it
- `seed`: a world of any size in the database
- `stack`: the product deployed on a local AWS, and one function under Lambda's runtime
- `facts`: what the code says of every function
- `services`: what a function reaches: database, pooler, secrets, Stripe
- `gateway`: Supabase's API over a real PostgreSQL
- `host`: this machine: directory, ports, processes
"""

import sys
from pathlib import Path

LAYER = Path(__file__).resolve().parent.parent / "layers" / "common"

# Lambda puts the layer on the path of every function; here this does.
if str(LAYER) not in sys.path:
    sys.path.append(str(LAYER))
