"""From the address of a server to Django's settings for it: database, cache, broker, mail. Pure functions."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import dj_database_url

from hub.env import SettingError

_MAIL_PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}


def database(url: str) -> dict[str, Any]:
    """`DATABASES["default"]` for `sqlite:///…` or `postgres://…`. Errors: SettingError."""
    try:
        found: dict[str, Any] = dict(dj_database_url.parse(url))
    except ValueError as error:
        raise SettingError("DATABASE_URL", url.partition(":")[0], "sqlite:///… or postgres://…") from error
    if found["ENGINE"] == "django.db.backends.postgresql":
        return found | _postgresql(found.get("OPTIONS", {}))
    if found["ENGINE"] == "django.db.backends.sqlite3":
        return found | _sqlite()
    raise SettingError("DATABASE_URL", url.partition(":")[0], "sqlite:///… or postgres://…")


def _postgresql(options: dict[str, Any]) -> dict[str, Any]:
    # A connection lives while its thread is busy and is tried before use. No statement and no lock may wait for
    # ever; `manage.py prepare` lifts these limits for migrations.
    limits = "-c statement_timeout=15s -c lock_timeout=5s -c idle_in_transaction_session_timeout=30s"
    return {
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 10, "options": limits, **options},
    }


def _sqlite() -> dict[str, Any]:
    # FULL: a committed transaction survives a power cut. IMMEDIATE: writers queue instead of failing half-way.
    return {
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
        },
    }


def cache(redis_url: str) -> dict[str, Any]:
    """`CACHES["default"]`. Without Redis nothing is cached: limits and counters are rows, which all processes share."""
    if not redis_url:
        return {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}
    return {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": redis_url,
        "KEY_PREFIX": "berth",
        "OPTIONS": {"serializer": "hub.cache.JSONSerializer", "socket_connect_timeout": 2, "socket_timeout": 2},
    }


def broker_options(redis_url: str, folder: Path) -> dict[str, Any]:
    """Options of Celery's transport: Redis, or files in `folder`."""
    if redis_url:
        return {"visibility_timeout": 3600, "socket_connect_timeout": 5}
    messages = str(folder / "messages")
    return {"data_folder_in": messages, "data_folder_out": messages, "control_folder": str(folder / "control")}


def mail(url: str) -> dict[str, Any]:
    """Django's `EMAIL_…` settings for `smtp://`, `smtp+tls://` or `smtps://user:password@host:port`.

    Errors: SettingError.
    """
    parts = urlsplit(url)
    if parts.scheme not in _MAIL_PORTS or not parts.hostname:
        raise SettingError("HUB_MAIL_URL", parts.scheme, "smtp://, smtp+tls:// or smtps://user:password@host:port")
    return {
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or _MAIL_PORTS[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
    }
