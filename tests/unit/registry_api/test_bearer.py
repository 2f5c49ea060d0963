"""Bearer tokens: what the hub signed for itself, as it was, and in time."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings

from accounts import keys
from accounts.callers import ANONYMOUS, Caller
from accounts.models import User
from registry_api.auth import bearer
from registry_api.auth.scopes import Scope, repository
from registry_api.errors import Refusal

pytestmark = pytest.mark.django_db
ACCESS = [repository("acme/app", "pull", "push")]


def forged(*, key: Any = None, algorithm: str = "ES256", headers: dict[str, Any] | None = None, **changes: Any) -> str:
    """A token as the hub makes them, but for these changes; None takes a claim away."""
    signer = keys.active()
    now = datetime.now(UTC)
    claims = {
        "iss": settings.HUB_PUBLIC_URL,
        "aud": settings.HUB_REGISTRY_HOST,
        "sub": "",
        "iat": now,
        "nbf": now,
        "exp": now + timedelta(minutes=5),
        "jti": "once",
        "access": [],
        "epoch": 0,
        **changes,
    }
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(
        claims, key or signer.private_key, algorithm=algorithm, headers={"kid": signer.kid, **(headers or {})}
    )


def sign(caller: Caller, access: list[Scope]) -> tuple[str, datetime]:
    return bearer.sign(caller, access, service=settings.HUB_REGISTRY_HOST)


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def refused(raw: str) -> bool:
    try:
        bearer.read(raw)
    except Refusal as refusal:
        return refusal.answer.challenge == "invalid_token"
    return False


def test_a_token_comes_back_as_it_was(owner: User, caller_of: Callable[..., Caller]) -> None:
    caller = replace(caller_of(owner), token_id=7)
    raw, issued_at = sign(caller, ACCESS)
    token = bearer.read(raw)
    assert (token.caller, list(token.access)) == (caller, ACCESS)
    assert abs(issued_at.timestamp() - time.time()) < 5


def test_a_token_of_nobody_has_an_empty_subject() -> None:
    raw, _ = sign(ANONYMOUS, [])
    assert bearer.read(raw).caller == ANONYMOUS
    assert jwt.decode(raw, options={"verify_signature": False})["sub"] == ""


def test_a_token_is_small_and_has_the_usual_header() -> None:
    raw, _ = sign(ANONYMOUS, [repository(f"acme/{'x' * 200}-{n}", "pull", "push", "delete") for n in range(20)])
    assert len(raw) < 8000
    assert jwt.get_unverified_header(raw) == {"alg": "ES256", "typ": "JWT", "kid": keys.active().kid}


def test_the_unchanged_forgery_is_good() -> None:
    """So that the tests below fail for the reason they name."""
    assert not refused(forged())


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "http://elsewhere"},
        {"aud": "elsewhere"},
        {"aud": None},
        {"exp": None},
        {"sub": None},
        {"jti": None},
        {"sub": "olga"},
        {"sub": 7},
        {"access": "repository:acme/app:pull"},
        {"access": None},
        {"pat": "7"},
        {"headers": {"jwk": {"kty": "EC"}}},
        {"headers": {"jku": "http://127.0.0.1/keys"}},
        {"headers": {"kid": "../../dev/null"}},
        {"headers": {"kid": "x" * 10_000}},
        {"key": "a secret of at least thirty-two characters", "algorithm": "HS256"},
    ],
    ids=lambda change: str(change)[:60],
)
def test_what_the_hub_did_not_sign_for_itself_is_refused(change: dict[str, Any]) -> None:
    assert refused(forged(**change))


def test_another_key_is_refused() -> None:
    assert refused(forged(key=ec.generate_private_key(ec.SECP256R1())))


def test_a_token_is_good_between_its_times_only() -> None:
    assert refused(forged(exp=datetime.now(UTC) - timedelta(minutes=2)))
    assert refused(forged(nbf=datetime.now(UTC) + timedelta(minutes=5)))


def test_clocks_may_differ_by_a_minute() -> None:
    assert not refused(forged(exp=datetime.now(UTC) - timedelta(seconds=50)))
    assert not refused(forged(nbf=datetime.now(UTC) + timedelta(seconds=50)))


@pytest.mark.parametrize("algorithm", ["HS256", "none", "nOnE", "", None, "RS256"])
def test_the_algorithm_is_not_the_tokens_to_choose(algorithm: str | None) -> None:
    """Signed with our public key as if it were a shared secret, or not at all."""
    signer = keys.active()
    public = keys.verifying(signer.kid).public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    header = {"alg": algorithm, "typ": "JWT", "kid": signer.kid}
    signed = f"{encoded(json.dumps(header).encode())}.{forged().split('.')[1]}"
    assert refused(f"{signed}.{encoded(hmac.digest(public, signed.encode(), 'sha256'))}")
    assert refused(f"{signed}.")


@pytest.mark.parametrize("raw", ["", "a.b.c", "." * 20_000, "é", "x" * 20_000, "a.b.c\0"])
def test_what_is_no_token_is_refused(raw: str) -> None:
    assert refused(raw)


def test_a_remembered_token_still_expires() -> None:
    raw = forged(exp=datetime.now(UTC) - timedelta(seconds=58))
    bearer.read(raw)
    deadline = time.monotonic() + 10
    while not refused(raw):
        assert time.monotonic() < deadline, "a token outlives its expiry in the memory of the process"


def test_a_remembered_token_goes_with_its_compromised_key() -> None:
    raw = forged()
    assert not refused(raw)
    keys.rotate()
    assert not refused(raw), "a key that only retires still verifies what it signed"
    keys.rotate(compromised=True)
    assert refused(raw)
