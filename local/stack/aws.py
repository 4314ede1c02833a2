"""The real template, built by SAM and deployed into a local AWS on loopback.

No profile, credential or endpoint of the developer's is read or touched: the emulator and SAM run
with an environment of their own.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import boto3
import botocore.session
import httpx

from local.host.ports import LOOPBACK
from local.host.processes import Supervisor, tail
from local.host.state import PROJECT, State
from local.services.secrets import REGION, Secrets

# SAM would look for its configuration beside the built template.
CONFIG: tuple[str, ...] = (
    "--config-file",
    str(PROJECT / "samconfig.toml"),
    "--config-env",
    "local",
)
# As the configuration has them.
STACK = "limelight-local"
BUCKET = "limelight-local-artifacts"
TEMPLATE = PROJECT / "template.yaml"
BUILD = PROJECT / ".aws-sam" / "local"
# Where the contents are hashed of which the build was made.
STAMP = BUILD.with_suffix(".sha256")
SOURCES = ("template.yaml", "samconfig.toml", "functions", "layers")
SERVICES = (
    "apigateway,cloudformation,cloudwatch,events,iam,kms,lambda,logs,s3,scheduler,secretsmanager,"
    "sns,sqs,ssm,sts,wafv2"
)
# How long a function that nobody calls keeps its process: between two tries of a person.
IDLE_SECONDS = 120
# The variables of the developer's shell that programs need to work at all.
PASSED_ON = ("PATH", "LANG", "LC_ALL", "HOME", "SSL_CERT_FILE", "SSL_CERT_DIR")
# What installers are told by the developer's shell: an index, a cache, a proxy.
INSTALLERS = ("UV_", "PIP_", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
# Botocore's settings that would come from the developer's own: (in a profile, in the environment,
# value, conversion).
NO_PROFILE: dict[str, tuple[None, None, str | None, None]] = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}


class DeployError(Exception):
    """SAM could not build or deploy; the message carries what it said last."""


@dataclass(frozen=True, slots=True)
class LocalAws:
    """An AWS that listens on loopback."""

    port: int

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def session(self) -> boto3.Session:
        """A session that knows no profile; its clients go to this AWS when given its `url`."""
        session = botocore.session.Session(session_vars=NO_PROFILE)
        session.set_credentials("test", "test")
        return boto3.Session(botocore_session=session, region_name=REGION)

    def api_url(self, api_id: str, stage: str) -> str:
        return f"{self.url}/_aws/execute-api/{api_id}/{stage}"


def start_aws(
    supervisor: Supervisor, state: State, port: int, idle_seconds: int = IDLE_SECONDS
) -> LocalAws:
    """Start the local AWS. What it holds is gone when it stops, and a sandbox that idles before."""
    home = state.root / "aws"
    shutil.rmtree(home, ignore_errors=True)
    for directory in ("tmp", "layers"):
        (home / directory).mkdir(parents=True)
    environment = credentials() | {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": LOOPBACK,
        "MINISTACK_HOST": LOOPBACK,
        # Listeners that nobody needs here, and that would heed no BIND_HOST.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "SERVICES": SERVICES,
        "LOG_LEVEL": "WARNING",
        "TMPDIR": str(home / "tmp"),
        "STATE_DIR": str(home / "state"),
        "S3_DATA_DIR": str(home / "s3"),
        "LIMELIGHT_LAYER_CACHE": str(home / "layers"),
        "LIMELIGHT_WORKER_IDLE_SECONDS": str(idle_seconds),
    }
    aws = LocalAws(port)
    command = [sys.executable, "-m", "local.stack.emulator"]
    child = supervisor.start("aws", command, env=environment, cwd=PROJECT, grace=5)
    supervisor.wait_for(child, lambda: _healthy(aws), timeout=60)
    return aws


def credentials() -> dict[str, str]:
    """An environment in which AWS tools know the local account and nothing of the developer's."""
    passed = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return passed | {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "SAM_CLI_TELEMETRY": "0",
        "SAM_CLI_POLL_DELAY": "0.5",
        "PYTHONUNBUFFERED": "1",
    }


def build(supervisor: Supervisor, state: State) -> bool:
    """Build layer and functions for this machine; False when nothing changed since last time."""
    with _alone():
        contents = _hash_of_sources()
        if STAMP.exists() and STAMP.read_text() == contents and (BUILD / "template.yaml").exists():
            return False
        STAMP.unlink(missing_ok=True)
        options = [*CONFIG, "--template-file", str(TEMPLATE), "--build-dir", str(BUILD)]
        # The layer's Makefile takes both from the environment.
        target = {"ARCH": "host", "PYTHON": sys.executable, **_for_installers()}
        _sam(supervisor, state, ["build", *options], target)
        STAMP.write_text(contents)
        return True


def put_secrets(aws: LocalAws, values: Secrets) -> None:
    """Lay the stage's secrets into Secrets Manager, where deployed functions read them."""
    manager = aws.session().client("secretsmanager", endpoint_url=aws.url)
    for name, value in values.items():
        manager.create_secret(Name=name, SecretString=json.dumps(value))


def deploy(
    supervisor: Supervisor,
    state: State,
    aws: LocalAws,
    parameters: Mapping[str, str],
    template: Path = BUILD / "template.yaml",
) -> dict[str, str]:
    """Deploy what was built, anew or over what is there, and answer the stack's outputs."""
    aws.session().client("s3", endpoint_url=aws.url).create_bucket(Bucket=BUCKET)
    overrides = [
        f"ParameterKey={name},ParameterValue={value}" for name, value in parameters.items()
    ]
    options: list[str] = [*CONFIG, "--template-file", str(template)]
    options += ["--parameter-overrides", *overrides]
    _sam(supervisor, state, ["deploy", *options], {"AWS_ENDPOINT_URL": aws.url})
    formation = aws.session().client("cloudformation", endpoint_url=aws.url)
    described = formation.describe_stacks(StackName=STACK)
    outputs = described["Stacks"][0].get("Outputs", [])
    return {output["OutputKey"]: output["OutputValue"] for output in outputs}


def run_job(aws: LocalAws, logical_id: str) -> None:
    """Start a scheduled function of the stack now, as its schedule will: nobody waits for it."""
    formation = aws.session().client("cloudformation", endpoint_url=aws.url)
    found = formation.describe_stack_resource(StackName=STACK, LogicalResourceId=logical_id)
    name = found["StackResourceDetail"]["PhysicalResourceId"]
    functions = aws.session().client("lambda", endpoint_url=aws.url)
    functions.invoke(FunctionName=name, InvocationType="Event")


def _sam(
    supervisor: Supervisor, state: State, arguments: list[str], environment: dict[str, str]
) -> None:
    # SAM keeps a configuration of its own under HOME, which may be read-only or another's.
    home = state.root / "sam"
    home.mkdir(exist_ok=True)
    sam = Path(sys.executable).with_name("sam")
    # A build leaves an empty directory of each function wherever temporary files go.
    with tempfile.TemporaryDirectory(dir=home) as scratch:
        own = {"__SAM_CLI_APP_DIR": str(home), "TMPDIR": scratch}
        status, log = supervisor.run(
            f"sam-{arguments[0]}",
            [str(sam), *arguments],
            env=_path_first(sam.parent, credentials() | environment | own),
            cwd=PROJECT,
        )
    if status != 0:
        raise DeployError(f"sam {arguments[0]} failed; the end of {log}:\n{tail(log, 30)}")


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """One build at a time: all stacks of the project share what was built."""
    BUILD.parent.mkdir(exist_ok=True)
    with BUILD.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _path_first(directory: Path, environment: Mapping[str, str]) -> dict[str, str]:
    path = f"{directory}{os.pathsep}{environment.get('PATH', os.defpath)}"
    return {**environment, "PATH": path}


def _for_installers() -> dict[str, str]:
    told = {name: value for name, value in os.environ.items() if name.startswith(INSTALLERS)}
    return told | {"NO_PROXY": LOOPBACK, "no_proxy": LOOPBACK}


def _hash_of_sources() -> str:
    digest = hashlib.sha256(f"{sys.version} {sys.platform}".encode())
    for path in _source_files():
        digest.update(f"{path.relative_to(PROJECT)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _source_files() -> Iterable[Path]:
    for name in SOURCES:
        root = PROJECT / name
        if root.is_file():
            yield root
            continue
        for path in sorted(root.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def _healthy(aws: LocalAws) -> bool:
    try:
        answer = httpx.get(f"{aws.url}/_ministack/health", timeout=2, trust_env=False)
    except httpx.TransportError:
        return False
    return answer.status_code == httpx.codes.OK
