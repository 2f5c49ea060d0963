"""Where a hub lives: its data folder, the lock on it, its port and its secrets."""

from __future__ import annotations

import base64
import errno
import fcntl
import os
import socket
from dataclasses import dataclass
from pathlib import Path

from hub import env

BASE_DIR = Path(__file__).resolve().parent.parent.parent


class Refused(Exception):
    """The hub does not start; the message is the one line that says why."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where this hub lives, from the same variables and defaults as `hub.settings.place`."""

    data: Path
    bind: str
    port: int
    url: str

    @classmethod
    def from_environment(cls) -> Place:
        """Errors: SettingError."""
        port = env.count("HUB_PORT", 8000, low=1, high=65535)
        return cls(
            data=env.path("HUB_DATA_DIR", BASE_DIR / "data"),
            bind=env.address("HUB_BIND", "127.0.0.1"),
            port=port,
            url=env.origin("HUB_PUBLIC_URL", f"http://localhost:{port}"),
        )


def take(place: Place) -> int:
    """Locks the data folder and checks the port. Returns the lock, held until this process ends.

    Errors: Refused.
    """
    lock = os.open(place.data / "hub.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise Refused(f"Another hub is running on the data folder {place.data}: end it or set HUB_DATA_DIR.") from None
    _require_port(place)
    return lock


def furnish(place: Place) -> None:
    """Makes the data folder and the secrets, where there are none. Errors: Refused."""
    _make_private(place.data)
    (place.data / "tmp").mkdir(mode=0o700, exist_ok=True)
    _make_secret("HUB_SECRET_KEY", place.data / "secret_key")
    _make_secret("HUB_FIELD_KEY", place.data / "field_key")


def _make_private(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.stat().st_mode & 0o077:
            # A folder of somebody else's, /tmp for example, must not lose its rights.
            if any(folder.iterdir()) and not (folder / "secret_key").exists():
                raise Refused(f"The data folder {folder} is not empty and open to other users: chmod 700 it first.")
            folder.chmod(0o700)
    except OSError as error:
        raise Refused(f"The data folder {folder} cannot be used: {error.strerror}.") from None


def _require_port(place: Place) -> None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(place.bind, place.port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise Refused(f"Port {place.port} on {place.bind} is busy: end what uses it or set HUB_PORT.") from None
        raise Refused(f"HUB_BIND={place.bind} HUB_PORT={place.port} cannot be used: {error.strerror}.") from None


def _make_secret(name: str, file: Path) -> None:
    """Writes 64 random characters to `file` (0600) unless there is a secret already, there or in the environment."""
    if env.text(name) or env.text(f"{name}_FILE") or file.exists():
        return
    fresh = file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(base64.urlsafe_b64encode(os.urandom(48)) + b"\n")
        out.flush()
        os.fsync(out.fileno())
    fresh.rename(file)
    folder = os.open(file.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
