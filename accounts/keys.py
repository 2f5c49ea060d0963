"""The ring of keys that sign bearer tokens: ES256, private halves encrypted, states active → retiring → gone.

An active key signs and verifies. A retiring key only verifies, until every token it signed has expired; its private
half is erased at once. Each process keeps the parsed ring for `_FRESH` seconds: so long can a key that was dropped
as compromised still be believed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts import secrets
from accounts.errors import CredentialsRejected
from accounts.models import SigningKey

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey

#: What a verifier forgives of the clock, and what a signer may still hold in its memory.
LEEWAY = timedelta(seconds=30)
_MARGIN = timedelta(seconds=60)
ROTATE_AFTER = timedelta(days=90)
_FRESH = 3.0
_KID = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_State = SigningKey.State


@dataclass(frozen=True, slots=True)
class Signer:
    """The active key: `kid` for the token's header, `private_key` for PyJWT."""

    kid: str
    private_key: EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class _Ring:
    read_at: float
    active: tuple[str, bytes] | None  # kid, sealed private half
    public: dict[str, tuple[EllipticCurvePublicKey, datetime | None]]


_cached: _Ring | None = None
_lock = threading.Lock()


def active() -> Signer:
    """The key to sign with; made on first use. Errors: ImproperlyConfigured when HUB_FIELD_KEY is another one."""
    found = _ring(lambda ring: ring.active is not None).active
    if found is None:
        _make()
        found = _ring(lambda ring: ring.active is not None).active
    if found is None:
        raise CredentialsRejected  # dropped in this very moment; the client asks again
    kid, sealed = found
    return Signer(kid, _unseal(sealed))


def verifying(kid: str) -> EllipticCurvePublicKey:
    """The public half of an active or retiring key. Errors: CredentialsRejected."""
    if not _KID.fullmatch(kid):
        raise CredentialsRejected
    found = _ring(lambda ring: kid in ring.public or not _exists(kid)).public.get(kid)
    if found is None:
        raise CredentialsRejected
    public_key, retires_at = found
    if retires_at is not None and retires_at <= timezone.now():
        raise CredentialsRejected
    return public_key


def published() -> list[dict[str, str]]:
    """The public halves that verify tokens now, as JWKs (RFC 7517), for others that trust this hub's tokens."""
    active()  # there is one from the first look on
    now = timezone.now()
    ring = _read().public  # seldom asked, and then by those who keep the answer
    living = {kid: key for kid, (key, retires_at) in ring.items() if retires_at is None or retires_at > now}
    return [{**_jwk(key), "kid": kid, "alg": "ES256", "use": "sig"} for kid, key in sorted(living.items())]


def rotate(*, compromised: bool = False) -> str:
    """Put a new key in the place of the active one; returns its `kid`.

    Tokens of the old key stay good until they expire; of a `compromised` ring, no token of any key does.
    Two rotations at once: the unique active key lets one finish first, and the other starts again.
    """
    while True:
        try:
            with transaction.atomic():
                if compromised:
                    leaving = SigningKey.objects.exclude(state=_State.GONE)
                    leaving.update(state=_State.GONE, private_key=b"")
                else:
                    until = timezone.now() + settings.HUB_REGISTRY_TOKEN_TTL + LEEWAY + _MARGIN
                    leaving = SigningKey.objects.filter(state=_State.ACTIVE)
                    leaving.update(state=_State.RETIRING, private_key=b"", retires_at=until)
                kid = _create()
        except IntegrityError:
            continue
        forget_cached()
        return kid


def tidy() -> None:
    """Mark keys whose time is over as gone, and rotate an active key that has served `ROTATE_AFTER`."""
    now = timezone.now()
    SigningKey.objects.filter(state=_State.RETIRING, retires_at__lte=now).update(state=_State.GONE)
    if SigningKey.objects.filter(state=_State.ACTIVE, created_at__lte=now - ROTATE_AFTER).exists():
        rotate()


def forget_cached() -> None:
    """Let this process read the ring anew at its next use."""
    global _cached  # noqa: PLW0603  one ring a process
    with _lock:
        _cached = None
    _unseal.cache_clear()


def _exists(kid: str) -> bool:
    """One indexed look is all that a made-up `kid` costs."""
    return SigningKey.objects.filter(kid=kid).exclude(state=_State.GONE).exists()


def _ring(suffices: Callable[[_Ring], bool]) -> _Ring:
    """The ring from memory while it is fresh and `suffices`, else from the database."""
    global _cached  # noqa: PLW0603
    ring = _cached
    if ring is not None and time.monotonic() - ring.read_at < _FRESH and suffices(ring):
        return ring
    ring = _read()
    if not connection.in_atomic_block:  # what an open transaction shows may never become true
        with _lock:
            if _cached is None or _cached.read_at < ring.read_at:
                _cached = ring
    return ring


def _read() -> _Ring:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey  # noqa: PLC0415  heavy
    from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: PLC0415

    read_at = time.monotonic()
    active_, public = None, {}
    for row in SigningKey.objects.exclude(state=_State.GONE):
        key = load_pem_public_key(row.public_key.encode())
        if not isinstance(key, EllipticCurvePublicKey):
            raise ImproperlyConfigured(f"The signing key {row.kid} is not an elliptic-curve key.")
        public[row.kid] = (key, row.retires_at)
        if row.state == _State.ACTIVE:
            active_ = (row.kid, bytes(row.private_key))
    return _Ring(read_at, active_, public)


@lru_cache(maxsize=1)
def _unseal(sealed: bytes) -> EllipticCurvePrivateKey:
    from cryptography.fernet import InvalidToken  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_der_private_key  # noqa: PLC0415

    try:
        key = load_der_private_key(secrets.decrypt(sealed), password=None)
    except InvalidToken as error:
        raise ImproperlyConfigured(
            "HUB_FIELD_KEY cannot read the signing key. "
            "Put the former one back, or run rotate_registry_keys --compromised."
        ) from error
    if not isinstance(key, EllipticCurvePrivateKey):
        raise ImproperlyConfigured("The active signing key is not an elliptic-curve key.")
    return key


def _make() -> None:
    """Create the first key, unless another process just did: the unique active key decides."""
    try:
        with transaction.atomic():
            _create()
    except IntegrityError:
        return


def _create() -> str:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    private_key = ec.generate_private_key(ec.SECP256R1())
    public_key = private_key.public_key()
    sealed = secrets.encrypt(
        private_key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    pem = public_key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    kid = thumbprint(public_key)
    SigningKey.objects.create(kid=kid, private_key=sealed, public_key=pem.decode(), state=_State.ACTIVE)
    return kid


def thumbprint(public_key: EllipticCurvePublicKey) -> str:
    """The JWK thumbprint of a P-256 key (RFC 7638, SHA-256): 43 characters of base64url."""
    canonical = json.dumps(_jwk(public_key), separators=(",", ":"), sort_keys=True)
    return _base64url(hashlib.sha256(canonical.encode()).digest())


def _jwk(public_key: EllipticCurvePublicKey) -> dict[str, str]:
    numbers = public_key.public_numbers()
    return {
        "crv": "P-256",
        "kty": "EC",
        "x": _base64url(numbers.x.to_bytes(32, "big")),
        "y": _base64url(numbers.y.to_bytes(32, "big")),
    }


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
