"""Bearer tokens: what their holder may do for five minutes, at most. JWTs as distribution's token specification has
them, signed with ES256 by the ring of `accounts.keys`.

A token is an upper bound and a claim: the account, the personal access token it came from (`pat`) and the permission
are looked up again at every request. Verified tokens are remembered per process until they expire.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import jwt
from django.conf import settings

from accounts import keys
from accounts.callers import ANONYMOUS, Caller
from accounts.errors import CredentialsRejected
from registry_api.auth import scopes
from registry_api.auth.scopes import Scope
from registry_api.errors import INVALID_TOKEN, Refusal

ALGORITHM = "ES256"
LEEWAY = timedelta(seconds=60)
_LONGEST = 16 * 1024
_HEADERS = {"alg", "typ", "kid"}
_CLAIMS = ["iss", "aud", "sub", "exp", "nbf", "iat", "jti"]
_REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class Token:
    """A verified token; `kid` names the key that signed it, `expires_at` is in seconds since 1970."""

    kid: str
    caller: Caller
    access: tuple[Scope, ...]
    expires_at: float


def sign(caller: Caller, access: list[Scope], *, service: str) -> tuple[str, datetime]:
    """A token for the caller to show to a service, good from now on for HUB_REGISTRY_TOKEN_TTL; with its time of issue.

    Only tokens for HUB_REGISTRY_HOST are good here.
    """
    now = datetime.now(UTC).replace(microsecond=0)
    claims: dict[str, Any] = {
        "iss": settings.HUB_PUBLIC_URL,
        "aud": service,
        "sub": str(caller.uid or ""),
        "iat": now,
        "nbf": now,
        "exp": now + settings.HUB_REGISTRY_TOKEN_TTL,
        "jti": uuid4().hex,
        "access": [scope.as_claim() for scope in access],
        "epoch": caller.epoch,
        "pat": caller.token_id,
    }
    signer = keys.active()
    return jwt.encode(claims, signer.private_key, algorithm=ALGORITHM, headers={"kid": signer.kid}), now


def read(raw: str) -> Token:
    """Verify a token. Errors: Refusal (401 `invalid_token`)."""
    if len(raw) > _LONGEST or not raw.isascii():
        raise Refusal(INVALID_TOKEN)
    known = _verified.get(raw)
    try:
        if known is not None:
            keys.verifying(known.kid)  # a key that was given up takes the remembered tokens with it
            return known
        token = _token(_claims(raw), jwt.get_unverified_header(raw)["kid"])
    except (jwt.PyJWTError, CredentialsRejected, ValueError, TypeError) as error:
        raise Refusal(INVALID_TOKEN) from error
    _verified.put(raw, token)
    return token


def _claims(raw: str) -> dict[str, Any]:
    """The claims of a token that this hub signed for itself; the key comes from our ring, never from the token."""
    header = jwt.get_unverified_header(raw)
    kid = header.get("kid")
    if set(header) - _HEADERS or header.get("alg") != ALGORITHM or not isinstance(kid, str) or len(kid) > 64:
        raise ValueError("not one of our headers")
    claims: dict[str, Any] = jwt.decode(
        raw,
        keys.verifying(kid),
        algorithms=[ALGORITHM],
        issuer=settings.HUB_PUBLIC_URL,
        audience=settings.HUB_REGISTRY_HOST,
        leeway=LEEWAY,
        options={"require": _CLAIMS},
    )
    return claims


def _token(claims: dict[str, Any], kid: str) -> Token:
    subject, pat = claims["sub"], claims.get("pat")
    if pat is not None and not isinstance(pat, int):
        raise ValueError("pat is the number of a row")
    return Token(
        kid=kid,
        caller=Caller(uid=UUID(subject), epoch=int(claims["epoch"]), token_id=pat) if subject else ANONYMOUS,
        access=tuple(scopes.from_claim(claims.get("access"))),
        expires_at=float(claims["exp"]) + LEEWAY.total_seconds(),
    )


class _Verified:
    """The last verified tokens of this process, by their hash; the longest unused goes first."""

    def __init__(self) -> None:
        self._tokens: OrderedDict[bytes, Token] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, raw: str) -> Token | None:
        key = sha256(raw.encode()).digest()
        with self._lock:
            found = self._tokens.get(key)
            if found is None:
                return None
            if found.expires_at <= time.time():
                del self._tokens[key]
                return None
            self._tokens.move_to_end(key)
            return found

    def put(self, raw: str, token: Token) -> None:
        with self._lock:
            self._tokens[sha256(raw.encode()).digest()] = token
            while len(self._tokens) > _REMEMBERED:
                self._tokens.popitem(last=False)


_verified = _Verified()
