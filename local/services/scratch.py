"""A database of its own for a while: a new cluster with every migration, gone when it is left.

The generated documents are written from one, and tests/database runs on one. It takes three seconds
on an idle machine, and neither network nor pooler.
"""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from local.gateway.bootstrap import bootstrap
from local.host.ports import Ports
from local.host.processes import Supervisor
from local.host.state import State
from local.services.migrate import migrate
from local.services.postgres import start_postgres


@contextlib.contextmanager
def scratch_database(root: Path | None = None) -> Iterator[str]:
    """The owner's URL; `root` is where the cluster lies, a temporary directory unless given."""
    if root is None:
        with tempfile.TemporaryDirectory(prefix="limelight-") as made:
            # Servers may be another user, who passes through to the cluster.
            Path(made).chmod(0o711)
            with scratch_database(Path(made)) as url:
                yield url
        return
    state = State(root=root)
    with Supervisor(state) as supervisor:
        server = start_postgres(supervisor, state, Ports.free().postgres, durable=False)
        bootstrap(server.url)
        migrate(server.url)
        yield server.url
