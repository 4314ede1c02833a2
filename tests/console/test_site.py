"""The console's files: what is served, under which rules, and that they are what was recorded."""

import re
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest
import yaml

from local.host.ports import Ports
from local.host.state import PROJECT
from local.web.server import SITE, ConsoleSettings, DemoAccount, serve_console
from local.web.vendor import VENDOR, integrity_of, read_record

MODULES = sorted((SITE / "js").rglob("*.js"))
SETTINGS = ConsoleSettings(
    "https://api.example.com/live",
    "https://abc.supabase.co",
    "sb_publishable_x",
    [DemoAccount("fan", "Robin", "robin@example.com", "secret")],
)


@pytest.mark.parametrize("name", ["/", "/js/main.js", "/style.css", "/vendor/lit-html/lit-html.js"])
def test_every_answer_lets_in_the_sites_own_scripts_alone(name: str) -> None:
    with serve_console(SETTINGS, Ports.free().console) as url:
        answer = httpx.get(url + name[1:], trust_env=False)

    policy = dict(
        rule.split(" ", 1) for rule in answer.headers["Content-Security-Policy"].split("; ")
    )
    assert answer.status_code == 200
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert policy["connect-src"].split() == [
        "'self'",
        "https://api.example.com",
        "https://abc.supabase.co",
        "wss://abc.supabase.co",
    ]


def test_a_hosted_stack_is_configured_without_a_change_of_the_files() -> None:
    with serve_console(SETTINGS, Ports.free().console) as url:
        told = httpx.get(f"{url}config.json", trust_env=False).json()

    assert told == {
        "apiUrl": "https://api.example.com/live",
        "supabaseUrl": "https://abc.supabase.co",
        "publishableKey": "sb_publishable_x",
        "demo": [
            {"who": "fan", "name": "Robin", "email": "robin@example.com", "password": "secret"}
        ],
    }


def test_no_file_but_the_sites_own_is_served() -> None:
    with serve_console(SETTINGS, Ports.free().console) as url:
        for path in ("../server.py", "%2e%2e/server.py", "js/", "js", "nope", "/etc/passwd"):
            assert httpx.get(url + path, trust_env=False).status_code == 404


def test_the_libraries_are_what_was_recorded_of_them() -> None:
    recorded = {
        name: file["integrity"]
        for package in read_record()
        for name, file in package["files"].items()
    }
    found = {
        path.relative_to(VENDOR).as_posix(): integrity_of(path.read_bytes())
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "vendor.json"
    }

    assert found == recorded
    for package in read_record():
        assert package["integrity"].startswith("sha512-")
        assert package["licence"]
        assert any(name.endswith("/LICENSE") for name in package["files"])


@pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed")
@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(SITE)))
def test_a_module_is_javascript(module: Path) -> None:
    checked = subprocess.run(
        ["node", "--input-type=module", "--check"],
        input=module.read_text(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(SITE)))
def test_a_module_is_checked_by_types_short_and_made_of_templates(module: Path) -> None:
    text = module.read_text()

    assert text.startswith("// @ts-check\n")
    assert text.count("\n") < 400
    for way_around in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert way_around not in text
    assert re.findall(r"https?://", text) == []


def test_nothing_of_the_console_is_shipped() -> None:
    template = (PROJECT / "template.yaml").read_text()

    assert "local/" not in template
    for root in ("functions", "layers"):
        for path in (PROJECT / root).rglob("*.py"):
            assert "local.web" not in path.read_text()


def test_a_browser_may_read_when_to_come_back_from_the_gateways_own_answers() -> None:
    """API Gateway's answers pass no function: the template says what scripts may read of them."""

    class Loader(yaml.SafeLoader):
        """Knows CloudFormation's short forms by their value."""

    Loader.add_multi_constructor("!", lambda _loader, _, node: str(node.value))
    template = yaml.load((PROJECT / "template.yaml").read_text(), Loader)  # noqa: S506
    answers = template["Resources"]["Api"]["Properties"]["GatewayResponses"]

    headers = {name: one["ResponseParameters"]["Headers"] for name, one in answers.items()}
    assert {name for name, one in headers.items() if "Retry-After" in one} >= {"THROTTLED"}
    for one in headers.values():
        assert one["Access-Control-Allow-Origin"] == "'${CorsOrigin}'"
        assert one.get("Access-Control-Expose-Headers") == (
            "'Retry-After'" if "Retry-After" in one else None
        )
