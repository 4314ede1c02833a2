"""What every product has in front: CORS, health, and refusals by name."""

import pytest

from tests.gateway.harness import Served

ORIGIN = {"Origin": "https://app.example"}
SENT = (
    "apikey, authorization, x-client-info, x-supabase-api-version, prefer, accept-profile,"
    " content-profile, range, x-retry-count, content-type"
)


@pytest.mark.parametrize("path", ["/auth/v1/token", "/rest/v1/t", "/realtime/v1/api/broadcast"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_a_browser_may_ask_before_it_sends_a_key(gateway: Served, path: str, method: str) -> None:
    preflight = {
        **ORIGIN,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": SENT,
    }

    answer = gateway.http.options(path, headers=preflight)

    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert method in answer.headers["Access-Control-Allow-Methods"]
    assert answer.headers["Access-Control-Allow-Headers"] == SENT


def test_scripts_may_read_answers_and_refusals_of_another_origin(gateway: Served) -> None:
    served = gateway.auth("GET", "/settings", headers=ORIGIN)
    refused = gateway.http.get("/auth/v1/settings", headers=ORIGIN)

    for answer in (served, refused):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        exposed = answer.headers["Access-Control-Expose-Headers"]
        assert "Content-Range" in exposed
        assert "X-Total-Count" in exposed
        assert "x-sb-error-code" in exposed
    assert refused.status_code == 401


def test_health_is_open_and_asks_the_database(gateway: Served) -> None:
    answer = gateway.http.get("/health")

    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})


@pytest.mark.parametrize(
    "path",
    ["/storage/v1/object/a", "/functions/v1/hello", "/graphql/v1", "/realtime/v1/tenants"],
)
def test_products_that_are_not_served_say_so(gateway: Served, path: str) -> None:
    answer = gateway.http.get(path, headers=gateway.anon)

    assert answer.status_code == 501
    assert "local gateway" in answer.json()["message"]
