"""The cellar: bytes only. Hands out the configured store."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from repositories.storage.base import BlobStore, ObjectMissing, Stored, Stream
from repositories.storage.filesystem import FilesystemStore

__all__ = ["BlobStore", "ObjectMissing", "Stored", "Stream", "store"]


def store() -> BlobStore:
    """The store that HUB_STORAGE_URL names: ``file:///path``. Errors: ImproperlyConfigured."""
    return _open(settings.HUB_STORAGE_URL, settings.HUB_FREE_DISK_FLOOR)


@cache
def _open(url: str, free_floor: int) -> BlobStore:
    parts = urlsplit(url)
    if parts.scheme != "file" or not parts.path:
        raise ImproperlyConfigured(f"HUB_STORAGE_URL is {url!r}; expected file:///path/to/folder.")
    return FilesystemStore(Path(unquote(parts.path)), free_floor=free_floor)
