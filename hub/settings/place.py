"""Where the hub lives, and its secrets."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from hub import env

BASE_DIR = Path(__file__).resolve().parent.parent.parent

HUB_DATA_DIR = env.path("HUB_DATA_DIR", BASE_DIR / "data")
HUB_BIND = env.address("HUB_BIND", "127.0.0.1")
HUB_PORT = env.count("HUB_PORT", 8000, low=1, high=65535)
HUB_PUBLIC_URL = env.origin("HUB_PUBLIC_URL", f"http://localhost:{HUB_PORT}")
HUB_TRUSTED_PROXIES = env.names("HUB_TRUSTED_PROXIES")

_PUBLIC = urlsplit(HUB_PUBLIC_URL)
HUB_IS_LOOPBACK = env.is_loopback(_PUBLIC.hostname or "")
HUB_IS_SECURE = _PUBLIC.scheme == "https"
#: Host and port as people write them in `docker pull`.
HUB_REGISTRY_HOST = _PUBLIC.netloc
HUB_HOSTS = env.names("HUB_HOSTS") or [
    _PUBLIC.hostname or "",
    *(["localhost", "127.0.0.1", "[::1]"] if HUB_IS_LOOPBACK else []),
]

SITE_NAME = "Berth"

# -- Secrets
SECRET_KEY = env.secret("HUB_SECRET_KEY", HUB_DATA_DIR / "secret_key")
#: Encrypts private signing keys and keys the hashes of access tokens; kept apart from SECRET_KEY.
HUB_FIELD_KEY = env.secret("HUB_FIELD_KEY", HUB_DATA_DIR / "field_key")
