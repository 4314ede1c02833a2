"""What every answer carries: the request's id, and what a browser needs."""

import pytest

from local.facts.endpoints import HttpFunction
from tests.integration.api import Api
from tests.integration.every_endpoint.asking import ALL, SAMPLES, ask, every


@every(SAMPLES)
@pytest.mark.parametrize("given", ["0b9d3c1e", "trace:1-2.3_4", "x" * 128])
def test_a_request_keeps_the_id_it_came_with(api: Api, function: HttpFunction, given: str) -> None:
    answer = ask(api, function, "nova", headers={"X-Request-Id": given})

    assert answer.headers["x-request-id"] == given
    assert answer.json["instance"] == given


@every(SAMPLES)
@pytest.mark.parametrize("given", ["", "a b", "x" * 129, "<script>", "é", "a\tb"], ids=ascii)
def test_an_id_that_cannot_be_logged_is_replaced_by_the_gateways(
    api: Api, function: HttpFunction, given: str
) -> None:
    answer = ask(api, function, "nova", headers={"X-Request-Id": given})

    assert answer.headers["x-request-id"] == answer.gateway_id
    assert answer.json["instance"] == answer.gateway_id


@every(ALL)
def test_a_request_without_an_id_has_the_gateways(api: Api, function: HttpFunction) -> None:
    answer = ask(api, function, "nova")

    assert answer.headers["x-request-id"] == answer.gateway_id


@every(ALL)
def test_a_browser_may_read_a_refusal(api: Api, function: HttpFunction) -> None:
    refused = ask(api, function, "nova", headers={"Origin": "https://limelight.example"})

    assert refused.headers["access-control-allow-origin"] == "*"
    assert "X-Request-Id" in refused.headers["access-control-expose-headers"]
