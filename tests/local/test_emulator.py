"""What is reached into of the local AWS is still where it was, and does what it is for."""

import subprocess
import sys
import zipfile
from pathlib import Path

import psutil
import pytest

from local.host.ports import LOOPBACK, Ports
from local.host.state import PROJECT, State
from local.services.backing import started
from local.stack.aws import credentials, start_aws

SCRIPT = """
import sys, time
from pathlib import Path
from types import SimpleNamespace
from local.stack import emulator
from ministack.core import lambda_runtime

emulator.share_layers()
root = Path(sys.argv[1])
for worker in ("one", "two"):
    target = root / worker / "layer_0"
    target.mkdir()
    with lambda_runtime.zipfile.ZipFile(root / worker / "layer_0.zip") as archive:
        archive.extractall(target)
    assert (target / "python" / "shared.py").read_text() == "x = 1"
assert len({(root / name / "layer_0" / "python").resolve() for name in ("one", "two")}) == 1

ended = []
lambda_runtime.kill_workers = ended.extend
now = time.time()
idle = SimpleNamespace(in_use=False, last_used=now - 60)
busy = SimpleNamespace(in_use=True, last_used=now - 60)
fresh = SimpleNamespace(in_use=False, last_used=now)
lambda_runtime._workers["function"] = [idle, busy, fresh]
assert emulator.drop_idle_workers(30) == 1
assert ended == [idle] and lambda_runtime._workers["function"] == [busy, fresh]
for name in ("last_used", "in_use", "code.zip", 'layer_dir = os.path.join(self._tmpdir, f"layer_'):
    assert name in Path(lambda_runtime.__file__).read_text(), name
"""


def test_workers_share_one_unpacked_layer_and_idle_ones_are_dropped(tmp_path: Path) -> None:
    for worker in ("one", "two"):
        (tmp_path / worker).mkdir()
        with zipfile.ZipFile(tmp_path / worker / "layer_0.zip", "w") as archive:
            archive.writestr("python/shared.py", "x = 1")

    checked = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)],
        cwd=PROJECT,
        env={"LIMELIGHT_LAYER_CACHE": str(tmp_path), "LOG_LEVEL": "ERROR"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stderr


PREFLIGHT = """
from local.stack import emulator
from ministack.services import apigateway_v1

emulator.keep_responses()
parameters = {"method.response.header.Access-Control-Allow-Origin": "'*'"}
answer = {"statusCode": "204", "responseParameters": parameters}
integration = {"type": "mock", "responses": {"default": answer}}
method = {"responses": {}, "x-amazon-apigateway-integration": integration}
spec = {"swagger": "2.0", "info": {"title": "api"}, "paths": {"/a": {"options": method}}}
api = apigateway_v1._import_rest_api(spec)
made = [
    resource["resourceMethods"]["OPTIONS"]["methodIntegration"]
    for resources in apigateway_v1._resources.values()
    for resource in resources.values()
    if "OPTIONS" in resource["resourceMethods"]
]
status, headers, _ = apigateway_v1._invoke_mock_v1(made[0])
assert (status, headers["Access-Control-Allow-Origin"]) == (204, "*"), (status, headers)
"""


def test_a_preflight_is_answered_as_the_definition_says() -> None:
    checked = subprocess.run(
        [sys.executable, "-c", PREFLIGHT],
        cwd=PROJECT,
        env={"LOG_LEVEL": "ERROR"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stderr


DEFINITION = """
from local.stack import emulator
from pathlib import Path
from ministack.services import apigateway_v1
from ministack.services.cloudformation import provisioners

emulator.read_gateway_responses()
answer = {
    "statusCode": "404",
    "responseParameters": {"gatewayresponse.header.Content-Type": "'application/problem+json'"},
    "responseTemplates": {"application/json": "{}"},
}
api = apigateway_v1._import_rest_api(
    {"info": {"title": "an api"}, emulator.GATEWAY_RESPONSES: {"RESOURCE_NOT_FOUND": answer}}
)
kept = apigateway_v1._gateway_responses[api]["RESOURCE_NOT_FOUND"]
assert kept["statusCode"] == "404"
assert kept["responseParameters"] == answer["responseParameters"]
assert kept["responseTemplates"] == answer["responseTemplates"]
assert "_apigw_v1._import_rest_api(" in Path(provisioners.__file__).read_text()
"""


def test_an_api_answers_by_itself_as_its_definition_says() -> None:
    checked = subprocess.run(
        [sys.executable, "-c", DEFINITION],
        cwd=PROJECT,
        env={"LOG_LEVEL": "ERROR"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stderr


def test_everything_listens_on_loopback_alone(tmp_path: Path) -> None:
    state, ports = State(root=tmp_path), Ports.free()

    with started(state, ports, title="a test", also=("aws",), durable=False) as stack:
        start_aws(stack.supervisor, state, ports.aws)
        this = psutil.Process()
        listening = {
            (connection.laddr.ip, connection.laddr.port)
            for process in (this, *this.children(recursive=True))
            for connection in process.net_connections(kind="inet")
            if connection.status == psutil.CONN_LISTEN
        }

    assert {ip for ip, _ in listening} == {LOOPBACK}
    assert {ports.postgres, ports.gateway, ports.secrets, ports.aws} <= {
        port for _, port in listening
    }


@pytest.mark.parametrize("name", ["AWS_PROFILE", "AWS_ENDPOINT_URL", "DATABASE_URL"])
def test_the_developers_own_settings_reach_no_function(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "theirs")

    assert "theirs" not in credentials().values()
