"""Bearer tokens that no token service would give."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from uuid import uuid4

import jwt

from tests.live import Hub

_KEY = """
import json
from accounts import keys
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
signer = keys.active()
pem = signer.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
print(json.dumps([signer.kid, pem.decode()]))
"""


@dataclass(frozen=True, slots=True)
class Mint:
    """`pem` is the private key that signs the hub's bearer tokens at the moment, `kid` its name."""

    kid: str
    pem: str
    hub: Hub

    @classmethod
    def of(cls, hub: Hub) -> Self:
        """The mint of this hub."""
        kid, pem = json.loads(hub.python(_KEY))
        return cls(kid, pem, hub)

    def claims(self, access: Any = (), **changes: Any) -> dict[str, object]:
        """The claims of a token of nobody; None takes one away. Numbers for times are seconds from now."""
        now = int(time.time())
        claims: dict[str, object] = {
            "iss": self.hub.url,
            "aud": self.hub.registry,
            "sub": "",
            "iat": now,
            "nbf": now,
            "exp": now + 300,
            "jti": uuid4().hex,
            "access": [*access],
            "epoch": 0,
            "pat": None,
        }
        for name, value in changes.items():
            claims[name] = now + value if name in {"iat", "nbf", "exp"} and isinstance(value, int) else value
        return {name: value for name, value in claims.items() if value is not None or name == "pat"}

    def bearer(self, claims: Mapping[str, object], **headers: object) -> dict[str, str]:
        """The header that shows a token with these claims."""
        token = jwt.encode(dict(claims), self.pem, algorithm="ES256", headers={"kid": self.kid, **headers})
        return {"Authorization": f"Bearer {token}"}
