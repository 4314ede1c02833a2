import re

import httpx

from local.documents.swagger import deployed_document, serve_docs
from local.host.ports import Ports


def test_the_documentation_needs_nothing_from_the_internet() -> None:
    document = deployed_document("http://127.0.0.1:4566/_aws/execute-api/abc/local")

    with (
        serve_docs(document, Ports.free().docs) as url,
        httpx.Client(base_url=url, trust_env=False) as browser,
    ):
        page = browser.get("/").text
        references = re.findall(r'(?:src|href)="([^"]+)"', page)
        answers = {reference: browser.get(reference).status_code for reference in references}
        served = browser.get("/openapi.json").json()

    assert references
    assert [reference for reference in references if not reference.startswith("/")] == []
    assert set(answers.values()) == {200}
    assert served["servers"] == [{"url": "http://127.0.0.1:4566/_aws/execute-api/abc/local"}]


def test_no_file_but_the_pages_own_is_served() -> None:
    with (
        serve_docs({}, Ports.free().docs) as url,
        httpx.Client(base_url=url, trust_env=False) as browser,
    ):
        for path in ("/docs-assets/../__init__.py", "/docs-assets/", "/etc/passwd", "/nope"):
            assert browser.get(path).status_code == 404
