"""Blobs whose bytes are not those of their digest: marked once, never served again, healed by a push of the digest."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

from django.db.models import Exists, OuterRef

from repositories.errors import StorageUnavailable
from repositories.models import Blob, Manifest, ManifestReference, Tag
from repositories.oci.digests import Digest
from repositories.storage import store

log = logging.getLogger(__name__)

_AT_ONCE = 500


def mark(digest: Digest, storage_key: str, reason: str) -> bool:
    """Serve the blob to nobody any more, and log a line for each image that it is part of.

    A key is used once: what was pushed again meanwhile is under another, and stays. False: it is no blob's key any
    more, or was marked before.
    """
    if not Blob.objects.filter(storage_key=storage_key, corrupt=False).update(corrupt=True):
        return False
    log.error("blob %s is damaged: %s; push it again to heal it", digest, reason)
    for image in affected(digest):
        log.error("blob %s is damaged: part of %s", digest, image)
    return True


def clear(digest: Digest, storage_key: str) -> bool:
    """A marked blob turned out to be right: its medium is back, or was repaired. False as for :func:`mark`."""
    if not Blob.objects.filter(storage_key=storage_key, corrupt=True).update(corrupt=False):
        return False
    log.warning("blob %s was marked as damaged and is right again", digest)
    return True


def require_store(blob: Blob) -> None:
    """Nothing is judged by a store without a single object: it is another one, or not mounted.

    Errors: StorageUnavailable, unless the blob went meanwhile: an object goes only after its row.
    """
    empty = next(store().iter_objects(), None) is None
    if empty and Blob.objects.filter(storage_key=blob.storage_key).exists():
        raise StorageUnavailable("The storage holds nothing at all: is HUB_STORAGE_URL right, is it mounted?")


def affected(digest: Digest) -> Iterator[str]:
    """The images that a blob is part of: ``repository:tag``, and ``repository@digest`` for what no tag reaches."""
    found = _manifests_with(digest)
    for start in range(0, len(found), _AT_ONCE):
        some = found[start : start + _AT_ONCE]
        tags = Tag.objects.filter(manifest__in=some).order_by("repository", "name")
        yield from (
            f"{namespace}/{name}:{tag}"
            for namespace, name, tag in tags.values_list("repository__namespace__name", "repository__name", "name")
        )
        yield from _untagged(some)


def _manifests_with(digest: Digest) -> list[int]:
    """Living manifests that list the blob, and the indexes above them."""
    direct = Manifest.objects.filter(references__link__blob__digest=digest, deleted_at=None)
    seen: set[int] = set()
    level = list(direct.values_list("pk", flat=True))
    while level := [pk for pk in level if pk not in seen]:
        seen.update(level)
        level = _parents(level)
    return sorted(seen)


def _parents(manifests: Sequence[int]) -> list[int]:
    found: set[int] = set()
    for start in range(0, len(manifests), _AT_ONCE):
        some = manifests[start : start + _AT_ONCE]
        rows = ManifestReference.objects.filter(child__in=some, manifest__deleted_at=None)
        found.update(rows.values_list("manifest", flat=True))
    return list(found)


def _untagged(manifests: Sequence[int]) -> Iterator[str]:
    tagged = Tag.objects.filter(manifest=OuterRef("pk"))
    listed = ManifestReference.objects.filter(child=OuterRef("pk"), manifest__deleted_at=None)
    rows = Manifest.objects.filter(~Exists(tagged), ~Exists(listed), pk__in=manifests).order_by("pk")
    for namespace, name, digest in rows.values_list("repository__namespace__name", "repository__name", "digest"):
        yield f"{namespace}/{name}@{digest!s}"
