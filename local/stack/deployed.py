"""The product as it is deployed: backing services, and the real template on the local AWS."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from local.host.ports import Ports
from local.host.processes import Supervisor
from local.host.progress import Progress
from local.host.state import State
from local.services.backing import Backing, started
from local.stack.aws import IDLE_SECONDS, LocalAws, build, deploy, put_secrets, run_job, start_aws
from local.stack.running import announced
from local.stack.template import local_parameters

PUBLISHER = "JobsPublishOutbox"
"""As the template names it."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployed stack and what it stands on."""

    backing: Backing
    supervisor: Supervisor
    aws: LocalAws
    api_id: str
    api_url: str


@contextlib.contextmanager
def deployed(
    state: State,
    ports: Ports,
    *,
    title: str,
    also: tuple[str, ...] = (),
    durable: bool = True,
    idle_seconds: int = IDLE_SECONDS,
    progress: Progress,
) -> Iterator[Deployment]:
    """Start everything, build, deploy; stop everything on leaving."""
    with started(
        state, ports, title=title, also=("aws", *also), durable=durable, progress=progress
    ) as stack:
        with progress.step("Local AWS") as step:
            aws = start_aws(stack.supervisor, state, ports.aws, idle_seconds)
            put_secrets(aws, stack.backing.secret_values)
            step.note = f"on {ports.aws}"
        with progress.step("sam build") as step:
            step.note = (
                "layer and functions" if build(stack.supervisor, state) else "nothing changed"
            )
        with progress.step("sam deploy") as step:
            parameters = local_parameters(stack.backing)
            outputs = deploy(stack.supervisor, state, aws, parameters)
            step.note = f"API {outputs['ApiId']}"
        # The schedule's first run is a minute away: until then nobody would hear of anything.
        run_job(aws, PUBLISHER)
        api_url = aws.api_url(outputs["ApiId"], parameters["Stage"])
        with announced(stack.backing):
            yield Deployment(stack.backing, stack.supervisor, aws, outputs["ApiId"], api_url)
