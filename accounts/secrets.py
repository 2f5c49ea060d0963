"""Keys derived from HUB_FIELD_KEY: one to encrypt columns, one to hash access tokens."""

from __future__ import annotations

import base64
import hashlib
import hmac

from django.conf import settings


def _derived(purpose: str) -> bytes:
    return hmac.digest(settings.HUB_FIELD_KEY.encode(), f"berth:{purpose}".encode(), "sha256")


def token_hash(token: str) -> bytes:
    """Keyed hash of an access token (32 bytes). Tokens carry 256 bits, so one fast hash is enough."""
    return hmac.digest(_derived("access tokens"), token.encode(), hashlib.sha256)


def encrypt(plain: bytes) -> bytes:
    """Authenticated encryption (Fernet) under the field key."""
    from cryptography.fernet import Fernet  # noqa: PLC0415  heavy, and rarely needed

    return Fernet(base64.urlsafe_b64encode(_derived("fields"))).encrypt(plain)


def decrypt(sealed: bytes) -> bytes:
    """The inverse of :func:`encrypt`. Errors: cryptography.fernet.InvalidToken when the field key is another."""
    from cryptography.fernet import Fernet  # noqa: PLC0415

    return Fernet(base64.urlsafe_b64encode(_derived("fields"))).decrypt(sealed)
