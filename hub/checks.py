"""Start-up checks: the hub does not start in a way that loses data or secrets. One sentence each.

`manage.py check` shows them all; :func:`refuse_when_unsafe` is what the web server and the worker call.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connections

from hub import env
from repositories.storage import store

TAG = "hub"
_SAMPLES = ("django-insecure", "change-me", "changeme", "secret-key", "your-secret", "example")


@register(TAG)
def check_settings(app_configs: object, **kwargs: Any) -> list[CheckMessage]:
    """What can be judged from the settings alone."""
    return [*_debug(), *_hosts(), *_keys(), *_exposure()]


@register(TAG)
def check_storage(app_configs: object, **kwargs: Any) -> list[CheckMessage]:
    """The folder of the blobs can be made and written: tried, because rights alone do not tell.

    An object store is not asked: it may be away for a while, and the hub answers without it what it can.
    """
    parts = urlsplit(settings.HUB_STORAGE_URL)
    try:
        store()
    except ImproperlyConfigured as error:
        return [Error(str(error), id="hub.E004")]
    if parts.scheme != "file":
        return []
    folder = Path(unquote(parts.path))
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        sentence = f"The storage folder {folder} of HUB_STORAGE_URL cannot be written: {error.strerror}."
        return [Error(sentence, id="hub.E004")]
    return []


@register(TAG, Tags.database)
def check_database(app_configs: object, databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """A committed transaction must survive a power cut."""
    found: list[CheckMessage] = []
    for alias in databases or []:
        try:
            found += _sqlite(alias) if connections[alias].vendor == "sqlite" else _postgresql(alias)
        except DatabaseError as error:
            reason = str(error).strip().partition("\n")[0]
            found.append(Error(f"The database of DATABASE_URL does not answer: {reason}.", id="hub.E005"))
    return found


def refuse_when_unsafe() -> None:
    """Ends the process with one sentence for each error. Errors: SystemExit."""
    found = run_checks(tags=[TAG], databases=["default"])
    connections["default"].close()
    errors = [message.msg for message in found if message.is_serious()]
    if errors:
        raise SystemExit("\n".join(errors))


def _debug() -> Iterator[CheckMessage]:
    if settings.DEBUG:
        yield Error("DEBUG is on: error pages would show secrets to everybody.", id="hub.E001")


def _hosts() -> Iterator[CheckMessage]:
    if any("*" in host for host in settings.HUB_HOSTS):
        yield Error("HUB_HOSTS holds a *: name the hosts, or anybody can forge the hub's address.", id="hub.E002")


def _keys() -> Iterator[CheckMessage]:
    keys = {"HUB_SECRET_KEY": settings.SECRET_KEY, "HUB_FIELD_KEY": settings.HUB_FIELD_KEY}
    for name, key in keys.items():
        if len(key) < 32 or len(set(key)) < 5 or any(sample in key.lower() for sample in _SAMPLES):
            yield Error(f"{name} can be guessed: set 32 random characters or more.", id="hub.E003")
    if len(set(keys.values())) < len(keys):
        yield Error("HUB_FIELD_KEY equals HUB_SECRET_KEY: set two different keys.", id="hub.E003")


def _exposure() -> Iterator[CheckMessage]:
    if not settings.HUB_IS_LOOPBACK and not settings.HUB_IS_SECURE:
        yield Warning("HUB_PUBLIC_URL is plain http: passwords and tokens travel in the clear.", id="hub.W001")
    if settings.HUB_IS_LOOPBACK and not env.is_loopback(settings.HUB_BIND):
        yield Warning(
            f"HUB_BIND={settings.HUB_BIND} lets others in, but HUB_PUBLIC_URL is this machine.", id="hub.W002"
        )


def _sqlite(alias: str) -> list[CheckMessage]:
    with connections[alias].cursor() as cursor:
        if cursor.execute("PRAGMA synchronous").fetchone()[0] >= 2:
            return []
    return [Error("SQLite runs without synchronous=FULL: a power cut could undo what was promised.", id="hub.E006")]


def _postgresql(alias: str) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    with connections[alias].cursor() as cursor:
        for name in ("fsync", "full_page_writes", "synchronous_commit"):
            cursor.execute("SELECT current_setting(%s)", [name])
            if cursor.fetchone()[0] == "off":
                sentence = f"PostgreSQL runs with {name}=off: a power cut could undo what was promised."
                found.append(Error(sentence, id="hub.E007"))
    return found
