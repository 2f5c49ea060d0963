"""The cellar: bytes only. Hands out the configured store."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from repositories.storage.base import BlobStore, Body, Draft, ObjectMissing, Part, Stored, Stream
from repositories.storage.filesystem import FilesystemStore

__all__ = ["BlobStore", "Body", "Draft", "ObjectMissing", "Part", "Stored", "Stream", "store"]


def store() -> BlobStore:
    """The store that HUB_STORAGE_URL names: ``file:///path`` or ``s3://bucket``. Errors: ImproperlyConfigured."""
    url = settings.HUB_STORAGE_URL
    if url.startswith("s3:"):
        keys = settings.HUB_S3_ACCESS_KEY, settings.HUB_S3_SECRET_KEY
        redirects = settings.HUB_STORAGE_REDIRECT, settings.HUB_STORAGE_PUBLIC_ENDPOINT
        return _bucket(url, keys, redirects, os.getpid())
    return _folder(url, settings.HUB_FREE_DISK_FLOOR)


@cache
def _folder(url: str, free_floor: int) -> BlobStore:
    parts = urlsplit(url)
    if parts.scheme != "file" or not parts.path:
        raise ImproperlyConfigured(f"HUB_STORAGE_URL is {url!r}; expected file:///path/to/folder or s3://bucket.")
    return FilesystemStore(Path(unquote(parts.path)), free_floor=free_floor)


@cache
def _bucket(url: str, keys: tuple[str, str], redirects: tuple[str, str], process: int) -> BlobStore:
    """One a process: connections must not be shared by a fork. A hub on files does without what S3 needs in memory."""
    from repositories.storage import s3  # noqa: PLC0415  heavy

    try:
        return s3.opened(url, *keys, redirect=redirects[0], public=redirects[1])
    except ValueError as error:
        raise ImproperlyConfigured(f"HUB_STORAGE_URL is {url!r}; expected {error}.") from error
