"""Where a request came from is what the gateway or the socket says, one address a customer."""

import pytest
from starlette.requests import Request

from limelight.http.limits import source_address


def request_from(host: str | None) -> Request:
    headers = [(b"x-forwarded-for", b"192.0.2.1"), (b"x-real-ip", b"192.0.2.1")]
    return Request({"type": "http", "client": (host, 0), "headers": headers})


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::", "2001:db8:1:2::/64"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("test-invoke-source-ip", "test-invoke-source-ip"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_an_address_has_one_spelling(host: str | None, address: str) -> None:
    assert source_address(request_from(host)) == address


def test_a_request_of_nowhere_shares_one_limit_with_its_like() -> None:
    assert source_address(Request({"type": "http", "headers": []})) == "unknown"
