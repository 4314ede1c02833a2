"""Tokens are verified here, with keys that are fetched seldom."""

import hmac
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from limelight.data.errors import DataUnavailable
from limelight.errors import Problem
from limelight.http import tokens
from limelight.platform.secrets import SecretUnavailable
from tests.unit.servers import Served, serving

SUBJECT = uuid4()
SECRET = "a legacy secret that is long enough for HMAC"


@dataclass
class Project:
    """A Supabase project's Auth, as far as tokens go."""

    served: Served
    elliptic: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    modular: RSAPrivateKey = field(default_factory=lambda: generate_private_key(65537, 2048))

    def publish(self, **kids: str) -> None:
        """Answers with the keys named, by algorithm."""
        keys = {
            "es256": ECAlgorithm.to_jwk(self.elliptic.public_key(), as_dict=True),
            "rs256": RSAAlgorithm.to_jwk(self.modular.public_key(), as_dict=True),
        }
        body = {"keys": [keys[name] | {"kid": kid, "use": "sig"} for name, kid in kids.items()]}
        self.served.answer = lambda: (200, json.dumps(body).encode())

    def claims(self, **changed: object) -> dict[str, Any]:
        return {
            "sub": str(SUBJECT),
            "aud": "authenticated",
            "iss": f"{self.served.url}/auth/v1",
            "role": "authenticated",
            "exp": int(time.time()) + 600,
        } | changed

    def token(self, kid: str = "one", algorithm: str = "ES256", **changed: object) -> str:
        key: Any = {"ES256": self.elliptic, "RS256": self.modular}.get(algorithm, SECRET)
        return jwt.encode(self.claims(**changed), key, algorithm, {"kid": kid})

    @property
    def fetches(self) -> int:
        return len(self.served.asked)


@pytest.fixture
def project(monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    with serving(lambda: (200, b"{}")) as served:
        monkeypatch.setenv("SUPABASE_URL", served.url)
        made = Project(served)
        made.publish(es256="one", rs256="two")
        yield made


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time as the key cache sees it; append to let time pass."""
    times = [time.monotonic()]
    monkeypatch.setattr("jwt.jwks_client.time.monotonic", lambda: times[-1])
    return times


class Later:
    """A `datetime` module's clock that shows another time."""

    def __init__(self, now: float) -> None:
        self._now = now

    def now(self, tz: tzinfo) -> datetime:
        return datetime.fromtimestamp(self._now, tz)


def refusal(token: str) -> str:
    with pytest.raises(Problem) as caught:
        tokens.verify(token)
    assert caught.value.headers == {"WWW-Authenticate": 'Bearer error="invalid_token"'}
    return caught.value.code


# Which tokens


@pytest.mark.parametrize(("kid", "algorithm"), [("one", "ES256"), ("two", "RS256")])
def test_a_token_of_either_asymmetric_algorithm_is_accepted(
    project: Project, kid: str, algorithm: str
) -> None:
    token = project.token(kid, algorithm)

    identity = tokens.verify(token)

    assert (identity.user_id, identity.token) == (SUBJECT, token)
    assert token not in repr(identity)


def test_the_key_of_another_algorithm_does_not_fit(project: Project) -> None:
    assert refusal(project.token("two", "ES256")) == "token_invalid"
    assert refusal(project.token("one", "RS256")) == "token_invalid"


@pytest.mark.parametrize("algorithm", ["ES384", "RS512", "PS256", "EdDSA", "HS512", "none", "", 5])
def test_an_algorithm_off_the_list_is_refused_without_a_look_at_the_keys(
    project: Project, algorithm: object
) -> None:
    good = project.token().split(".")
    header = {"alg": algorithm, "kid": "one", "typ": "JWT"}
    head = jwt.utils.base64url_encode(json.dumps(header).encode()).decode()

    assert refusal(".".join([head, *good[1:]])) == "token_invalid"
    assert project.fetches == 0


def test_a_token_may_be_a_few_seconds_past_its_end(project: Project) -> None:
    tokens.verify(project.token(exp=int(time.time()) - 3))

    assert refusal(project.token(exp=int(time.time()) - 10)) == "token_expired"


def test_the_audience_is_the_configured_one(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JWT_AUDIENCE", "limelight")

    tokens.verify(project.token(aud=["other", "limelight"]))

    assert refusal(project.token()) == "token_invalid"


# The legacy secret


def test_a_token_of_the_legacy_secret_is_refused_unless_configured(project: Project) -> None:
    assert refusal(project.token(algorithm="HS256")) == "token_invalid"


def test_a_token_of_the_legacy_secret_is_accepted_where_configured(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def read(secret_id: str) -> Mapping[str, str]:
        asked.append(secret_id)
        return {"secret": SECRET}

    monkeypatch.setattr(tokens, "read_secret", read)
    monkeypatch.setenv("JWT_SECRET_ID", "limelight/jwt")

    found = [tokens.verify(project.token(algorithm="HS256")).user_id for _ in range(3)]

    assert found == [SUBJECT] * 3
    assert asked == ["limelight/jwt"]
    assert project.fetches == 0
    other = jwt.encode(project.claims(), "another secret that is long enough too", "HS256")
    assert refusal(other) == "token_invalid"


def test_the_public_key_is_no_legacy_secret(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "read_secret", lambda _: {"secret": SECRET})
    monkeypatch.setenv("JWT_SECRET_ID", "limelight/jwt")
    public = project.elliptic.public_key().public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )
    signed = jwt.encode(project.claims(), SECRET, "HS256", {"kid": "one"}).rpartition(".")[0]
    mac = hmac.digest(public, signed.encode(), "sha256")

    forged = f"{signed}.{jwt.utils.base64url_encode(mac).decode()}"

    assert refusal(forged) == "token_invalid"


@pytest.mark.parametrize("failure", [SecretUnavailable("gone"), KeyError("secret")], ids=repr)
def test_without_the_legacy_secret_the_door_is_shut_for_now(
    project: Project, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    def read(_: str) -> Mapping[str, str]:
        raise failure

    monkeypatch.setattr(tokens, "read_secret", read)
    monkeypatch.setenv("JWT_SECRET_ID", "limelight/jwt")

    with pytest.raises(DataUnavailable):
        tokens.verify(project.token(algorithm="HS256"))


# Fetching the keys


def test_the_keys_are_fetched_once_for_many_tokens(project: Project) -> None:
    for _ in range(5):
        tokens.verify(project.token("one"))
        tokens.verify(project.token("two", "RS256"))

    assert [asked.path for asked in project.served.asked] == ["/auth/v1/.well-known/jwks.json"]


def test_the_keys_are_fetched_again_after_ten_minutes(
    project: Project, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jwt.jwk_set_cache.time.monotonic", lambda: clock[-1])
    tokens.verify(project.token())
    clock.append(clock[-1] + 599)
    tokens.verify(project.token())
    assert project.fetches == 1

    clock.append(clock[-1] + 2)
    tokens.verify(project.token())

    assert project.fetches == 2


def test_forged_key_names_do_not_make_us_hammer_auth(project: Project, clock: list[float]) -> None:
    for number in range(20):
        assert refusal(project.token(f"forged-{number}")) == "token_invalid"
    assert project.fetches == 1

    clock.append(clock[-1] + 31)
    for number in range(20):
        assert refusal(project.token(f"forged-{number}")) == "token_invalid"

    assert project.fetches == 2


def test_a_rotated_key_is_known_after_half_a_minute(project: Project, clock: list[float]) -> None:
    tokens.verify(project.token("one"))
    project.publish(es256="next")
    assert refusal(project.token("next")) == "token_invalid"

    clock.append(clock[-1] + 31)

    assert tokens.verify(project.token("next")).user_id == SUBJECT
    assert project.fetches == 2


OUTAGES: Mapping[str, tuple[int, bytes] | None] = {
    "an error": (500, b"{}"),
    "a gateway's page": (200, b"<html>We will be back soon</html>"),
    "no keys": (200, b'{"keys": []}'),
    "not UTF-8": (200, b"\xff"),
    "a connection cut": None,
}


@pytest.mark.parametrize("answer", OUTAGES.values(), ids=OUTAGES)
def test_when_the_keys_cannot_be_had_nobody_is_called_a_forger(
    project: Project, answer: tuple[int, bytes] | None
) -> None:
    project.served.answer = lambda: answer

    with pytest.raises(DataUnavailable):
        tokens.verify(project.token())


def test_keys_once_fetched_outlast_an_outage(project: Project) -> None:
    tokens.verify(project.token())
    project.served.answer = lambda: None

    assert tokens.verify(project.token()).user_id == SUBJECT


def test_a_subject_is_any_spelling_of_an_id(project: Project) -> None:
    assert tokens.verify(project.token(sub=str(SUBJECT).upper())).user_id == UUID(str(SUBJECT))


# Who comes back with the same token


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time of day as a sandbox sees it; append to let time pass."""
    times = [time.time()]
    monkeypatch.setattr(tokens.verified, "_clock", lambda: times[-1])
    monkeypatch.setattr("limelight.http.tokens.time.time", lambda: times[-1])
    return times


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tokens whose signature was checked."""
    seen: list[str] = []
    decode = jwt.decode

    def also_recorded(token: str, *args: Any, **options: Any) -> Any:
        seen.append(token)
        return decode(token, *args, **options)

    monkeypatch.setattr("limelight.http.tokens.jwt.decode", also_recorded)
    return seen


def test_a_token_is_verified_once_in_half_a_minute(
    project: Project, wall: list[float], decoded: list[str]
) -> None:
    token = project.token()

    first = tokens.verify(token)
    wall.append(wall[0] + 29)
    again = tokens.verify(token)
    assert (again, decoded) == (first, [token])

    wall.append(wall[0] + 31)
    tokens.verify(token)

    assert decoded == [token] * 2


def test_a_token_that_was_verified_ends_when_it_says(project: Project, wall: list[float]) -> None:
    token = project.token(exp=int(wall[0]) + 10)
    tokens.verify(token)

    wall.append(int(wall[0]) + 14.0)
    tokens.verify(token)
    wall.append(int(wall[0]) + 15.0)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("jwt.api_jwt.datetime", Later(wall[-1]))
        assert refusal(token) == "token_expired"


def test_a_withdrawn_key_bites_half_a_minute_after_it_is_forgotten(
    project: Project, wall: list[float], clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jwt.jwk_set_cache.time.monotonic", lambda: clock[-1])
    token = project.token()
    tokens.verify(token)
    project.publish(es256="next")

    clock.append(clock[-1] + tokens.JWKS_LIFETIME_SECONDS + 1)
    wall.append(wall[-1] + tokens.VERIFIED_SECONDS)

    assert refusal(token) == "token_invalid"


def test_the_signature_of_a_known_token_does_for_no_other(
    project: Project, decoded: list[str]
) -> None:
    head, claims, signature = project.token().split(".")
    tokens.verify(f"{head}.{claims}.{signature}")
    other = project.token(sub=str(uuid4())).split(".")[1]

    assert refusal(f"{head}.{other}.{signature}") == "token_invalid"
    assert refusal(f"{head}.{claims}.") == "token_invalid"
    assert refusal(f"{head}.{claims}.{signature} ") == "token_invalid"
    assert len(decoded) == 4


def test_a_refused_token_is_looked_at_again(project: Project, decoded: list[str]) -> None:
    token = project.token(aud="somebody else")

    assert [refusal(token), refusal(token)] == ["token_invalid"] * 2
    assert decoded == [token] * 2


def test_no_token_is_kept(project: Project) -> None:
    token = project.token()

    tokens.verify(token)

    assert token not in repr(vars(tokens.verified))


def test_what_was_verified_is_forgotten_with_the_keys(project: Project, decoded: list[str]) -> None:
    token = project.token()
    tokens.verify(token)

    tokens.forget_keys()
    tokens.verify(token)

    assert decoded == [token] * 2
    assert project.fetches == 2


@pytest.mark.parametrize(
    "header", ["", "e", "!!", "bnVsbA", "WzFd", "W1tb" * 2_000, "\ud800"], ids=repr
)
def test_a_header_that_is_none_is_refused_without_a_look_at_the_keys(
    project: Project, header: str
) -> None:
    assert refusal(f"{header}.e30.e30") == "token_invalid"
    assert project.fetches == 0
