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
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import boto3
import httpx

from local.ports import LOOPBACK
from local.processes import Supervisor, tail
from local.secrets import REGION, Secrets
from local.state import PROJECT, State

STACK = "limelight-local"
TEMPLATE = PROJECT / "template.yaml"
BUILD = PROJECT / ".aws-sam" / "local"
# Where the contents are hashed of which the build was made.
STAMP = BUILD.with_suffix(".sha256")
SOURCES = ("template.yaml", "samconfig.toml", "functions", "layers")
SERVICES = (
    "apigateway,cloudformation,cloudwatch,events,iam,kms,lambda,logs,s3,scheduler,secretsmanager,"
    "sns,sqs,ssm,sts,wafv2"
)
# The variables of the developer's shell that programs need to work at all.
PASSED_ON = ("PATH", "LANG", "LC_ALL", "HOME", "SSL_CERT_FILE", "SSL_CERT_DIR", "UV_CACHE_DIR")


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
        """A session whose clients reach this AWS and no other when given its `url`."""
        return boto3.Session(
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106 - any will do
            region_name=REGION,
        )

    def api_url(self, api_id: str, stage: str) -> str:
        return f"{self.url}/_aws/execute-api/{api_id}/{stage}"


def start_aws(supervisor: Supervisor, state: State, port: int) -> LocalAws:
    """Start the local AWS. What it holds is gone when it stops."""
    home = state.root / "aws"
    shutil.rmtree(home, ignore_errors=True)
    for directory in ("tmp", "layers"):
        (home / directory).mkdir(parents=True)
    environment = credentials() | {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": LOOPBACK,
        "MINISTACK_HOST": LOOPBACK,
        "SERVICES": SERVICES,
        "LOG_LEVEL": "WARNING",
        "TMPDIR": str(home / "tmp"),
        "STATE_DIR": str(home / "state"),
        "S3_DATA_DIR": str(home / "s3"),
        "LIMELIGHT_LAYER_CACHE": str(home / "layers"),
    }
    aws = LocalAws(port)
    command = [sys.executable, "-m", "local.emulator"]
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
        options = ["--template-file", str(TEMPLATE), "--build-dir", str(BUILD)]
        # The layer's Makefile takes both from the environment.
        target = {"ARCH": "host", "PYTHON": sys.executable}
        _sam(supervisor, state, ["build", *options], target)
        STAMP.write_text(contents)
        return True


def put_secrets(aws: LocalAws, values: Secrets) -> None:
    """Lay the stage's secrets into Secrets Manager, where deployed functions read them."""
    manager = aws.session().client("secretsmanager", endpoint_url=aws.url)
    for name, value in values.items():
        manager.create_secret(Name=name, SecretString=json.dumps(value))


def deploy(
    supervisor: Supervisor, state: State, aws: LocalAws, parameters: Mapping[str, str]
) -> dict[str, str]:
    """Deploy what was built and answer the stack's outputs."""
    bucket = f"{STACK}-artifacts"
    aws.session().client("s3", endpoint_url=aws.url).create_bucket(Bucket=bucket)
    overrides = [
        f"ParameterKey={name},ParameterValue={value}" for name, value in parameters.items()
    ]
    options = [
        *("--template-file", str(BUILD / "template.yaml"), "--stack-name", STACK),
        *("--s3-bucket", bucket, "--region", REGION, "--capabilities", "CAPABILITY_IAM"),
        *("CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND", "--no-confirm-changeset"),
        *("--no-progressbar", "--disable-rollback", "--parameter-overrides", *overrides),
    ]
    _sam(supervisor, state, ["deploy", *options], {"AWS_ENDPOINT_URL": aws.url})
    formation = aws.session().client("cloudformation", endpoint_url=aws.url)
    described = formation.describe_stacks(StackName=STACK)
    outputs = described["Stacks"][0].get("Outputs", [])
    return {output["OutputKey"]: output["OutputValue"] for output in outputs}


def _sam(
    supervisor: Supervisor, state: State, arguments: list[str], environment: dict[str, str]
) -> None:
    # SAM keeps a configuration of its own under HOME, which may be read-only or another's.
    home = state.root / "sam"
    home.mkdir(exist_ok=True)
    sam = Path(sys.executable).with_name("sam")
    environment = credentials() | environment | {"__SAM_CLI_APP_DIR": str(home)}
    status, log = supervisor.run(
        f"sam-{arguments[0]}",
        [str(sam), *arguments],
        env=_path_first(sam.parent, environment),
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
