"""Typed readers of environment variables: the only place where the process's environment is read.

Every reader takes the variable's name and its default, and raises :class:`SettingError` with one sentence
that names the variable, what was found and what is expected. Standard library only: the supervisor reads with it too.
"""

from __future__ import annotations

import ipaddress
import os
import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SIZES = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


_ORIGIN = "an address such as https://hub.example.com"


class SettingError(Exception):
    """A variable of the environment has no usable value."""

    def __init__(self, name: str, found: str, expected: str) -> None:
        super().__init__(f"{name} is {found!r}; expected {expected}.")


def text(name: str, default: str = "") -> str:
    """The variable as it stands, without surrounding blanks."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool) -> bool:
    """``1 true yes on`` or ``0 false no off``."""
    found = text(name).lower()
    if not found:
        return default
    if found in {"1", "true", "yes", "on"}:
        return True
    if found in {"0", "false", "no", "off"}:
        return False
    raise SettingError(name, found, "1 or 0")


def count(name: str, default: int, *, low: int = 0, high: int = 2**31) -> int:
    """A whole number from ``low`` to ``high``."""
    found = text(name, str(default))
    if not re.fullmatch(r"[0-9]{1,12}", found) or not low <= int(found) <= high:
        raise SettingError(name, found, f"a whole number from {low} to {high}")
    return int(found)


def size(name: str, default: int) -> int:
    """Bytes: ``1048576``, ``512k``, ``4m``, ``10g``, ``1t`` (powers of 1024)."""
    found = text(name, str(default)).lower()
    match = re.fullmatch(r"([0-9]{1,15})([kmgt]?)i?b?", found)
    if not match:
        raise SettingError(name, found, "bytes such as 1048576, 512k, 4m or 10g")
    return int(match[1]) * _SIZES[match[2]]


def span(name: str, default: str, *, low: int = 0) -> timedelta:
    """A length of time: ``90s``, ``15m``, ``24h``, ``14d``; a bare number means seconds. At least ``low`` seconds."""
    found = text(name, default).lower()
    match = re.fullmatch(r"([0-9]{1,9})([smhd]?)", found)
    if not match:
        raise SettingError(name, found, "a length of time such as 90s, 15m, 24h or 14d")
    seconds = int(match[1]) * _UNITS[match[2] or "s"]
    if seconds < low:
        raise SettingError(name, found, f"a length of time of {low}s or more")
    return timedelta(seconds=seconds)


def choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    """One word of ``allowed``."""
    found = text(name, default).lower()
    if found not in allowed:
        raise SettingError(name, found, "one of " + ", ".join(allowed))
    return found


def names(name: str, default: tuple[str, ...] = ()) -> list[str]:
    """Words separated by commas or blanks."""
    return re.split(r"[\s,]+", text(name)) if text(name) else list(default)


def path(name: str, default: Path) -> Path:
    """A folder or file; a relative path counts from the working directory."""
    return Path(text(name, str(default))).expanduser().resolve()


def origin(name: str, default: str) -> str:
    """``scheme://host[:port]`` without a path, scheme http or https; "" only as the default."""
    found = text(name, default).rstrip("/")
    if not found:
        return ""
    parts = urlsplit(found)
    try:
        plain = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0 and "@" not in parts.netloc
    except ValueError:  # a port that is no number
        plain = False
    if not plain or parts.path or parts.query or parts.fragment:
        raise SettingError(name, parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl(), _ORIGIN)
    return found


def address(name: str, default: str) -> str:
    """An IP address to listen on; ``localhost`` means 127.0.0.1."""
    found = text(name, default)
    try:
        return str(ipaddress.ip_address("127.0.0.1" if found == "localhost" else found))
    except ValueError as error:
        raise SettingError(name, found, "an IP address such as 127.0.0.1, 0.0.0.0 or ::") from error


def is_loopback(host: str) -> bool:
    """Whether the host of an address means this machine and no other."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def sealed(name: str, default: str = "") -> str:
    """A text that may hold a password: from ``NAME``, or from the file that ``NAME_FILE`` names.

    Errors: :class:`SettingError` when both are set, or when the file cannot be read.
    """
    found, file = text(name), text(f"{name}_FILE")
    if found and file:
        raise SettingError(f"{name}_FILE", file, f"to be unset while {name} is set")
    if not file:
        return found or default
    try:
        return Path(file).expanduser().read_text(encoding="utf-8").strip() or default
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"{name}_FILE", file, "a file that can be read") from error


def secret(name: str, fallback: Path | None = None) -> str:
    """A secret from ``NAME``, from the file that ``NAME_FILE`` names, or from the ``fallback`` file.

    Errors: :class:`SettingError` when there is none, or when it is shorter than 32 characters; the message never
    holds the secret.
    """
    found = sealed(name)
    if not found and fallback is not None and fallback.is_file():
        found = fallback.read_text(encoding="utf-8").strip()
    if len(found) < 32:
        state = "unset" if not found else "too short"
        raise SettingError(name, state, f"32 characters or more, in {name} or in the file that {name}_FILE names")
    return found
