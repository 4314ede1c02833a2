"""A project's keys: fresh, kept in one private file, the same at every start."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from local.gateway.keys import LocalKeys, legacy_key, new_signing_jwk, read_signing_key

PEM = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def test_the_first_call_makes_the_file_and_the_next_ones_read_it(tmp_path: Path) -> None:
    path = tmp_path / "state" / "keys.json"

    first = LocalKeys.load_or_create(path)

    assert LocalKeys.load_or_create(path) == first
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["keys.json"]


def test_two_that_start_at_once_agree_on_the_keys(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: LocalKeys.load_or_create(path), range(8)))

    assert all(keys == found[0] for keys in found)


def test_keys_have_supabases_forms_and_differ_every_time() -> None:
    one, two = LocalKeys.create(), LocalKeys.create()

    assert one.publishable_key.startswith("sb_publishable_")
    assert one.secret_key.startswith("sb_secret_")
    assert len(one.secret_key) == len("sb_secret_") + 22 + 1 + 8
    assert one != two
    assert one.signing_jwk["kid"] != two.signing_jwk["kid"]


def test_legacy_keys_follow_from_the_secret_alone() -> None:
    secret = LocalKeys.create().jwt_secret

    assert legacy_key("anon", secret) == legacy_key("anon", secret)
    assert legacy_key("anon", secret) != legacy_key("service_role", secret)
    claims = jwt.decode(legacy_key("service_role", secret), secret, algorithms=["HS256"])
    assert claims["role"] == "service_role"


def test_keys_show_no_secret_when_printed() -> None:
    keys = LocalKeys.create()

    shown = repr(keys)

    assert keys.jwt_secret not in shown
    assert keys.secret_key not in shown
    assert keys.signing_jwk["d"] not in shown


def test_a_signing_key_is_read_from_pem_and_from_jwk(tmp_path: Path) -> None:
    pem, jwk = tmp_path / "key.pem", tmp_path / "key.json"
    pem.write_bytes(ec.generate_private_key(ec.SECP256R1()).private_bytes(*PEM))
    jwk.write_text(json.dumps(new_signing_jwk()))

    for path in (pem, jwk):
        key = read_signing_key(path)
        token = jwt.encode({"a": 1}, key.key, algorithm="ES256")
        assert jwt.decode(token, key.key.public_key(), algorithms=["ES256"]) == {"a": 1}
        assert key.key_id


def test_any_other_signing_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    public = {name: value for name, value in new_signing_jwk().items() if name != "d"}
    other = [
        rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(*PEM),
        ec.generate_private_key(ec.SECP384R1()).private_bytes(*PEM),
        json.dumps(public).encode(),
        b"nonsense",
    ]

    for content in other:
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"signing key|Expecting value"):
            read_signing_key(path)
