"""Rows against stored objects: what has no row, what has no object, what has another size, what has two owners.

All of it is correct while people push: a key moves on from `Upload` to `Blob` to `Trash` and never back, its row is
there before its object and leaves after it. So the tables are asked in that order, and whatever looks wrong is looked
at once more. Objects that were written to a moment ago are let be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import islice

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from repositories import damage
from repositories.models import Blob, Manifest, Trash, Upload
from repositories.oci import digests
from repositories.storage import Stored, store
from repositories.upkeep.findings import WINDOW, Finding, Task, windows

#: Manifests that are held at once; one may have several megabytes.
_FEW = 50
#: Younger objects are not asked about.
_SETTLED = timedelta(minutes=10)


def strays(task: Task) -> Iterator[Finding]:
    """Objects that no row names. Repaired: a row of the trash does, and the collector unlinks it after its delay."""
    before = timezone.now() - _SETTLED
    objects = store().iter_objects()
    while some := list(islice(objects, WINDOW)):
        task.seen["objects"] += len(some)
        old = {found.key: found for found in some if found.modified <= before}
        for found in _unnamed(old):
            if (found.size is not None and store().stat(found.key) is None) or not _unnamed({found.key: found}):
                continue  # it was on its way through the tables while we asked
            facts = {"key": found.key, "size": found.size, "modified": found.modified}
            yield Finding("object_without_row", facts, repaired=task.repair and _discard(found))


def blobs(task: Task) -> Iterator[Finding]:
    """Blobs whose object is missing or has another size, and those that are known to be damaged. Repaired: the former
    are marked as damaged, so that a push of the digest heals them."""
    for window, count in windows(Blob):
        task.seen["sizes"] += count
        for blob in Blob.objects.filter(window):
            stored = store().stat(blob.storage_key)
            facts = {"digest": blob.digest, "key": blob.storage_key, "size": blob.size}
            if blob.corrupt:
                if _is_still(blob):
                    yield Finding("damaged_blob", {**facts, "stored": stored})
            elif stored != blob.size and _is_still(blob):
                kind = "row_without_object" if stored is None else "wrong_size"
                reason = "it has no object" if stored is None else f"it has {stored} bytes instead of {blob.size}"
                marked = task.repair and damage.mark(blob.digest, blob.storage_key, reason)
                yield Finding(kind, {**facts, "stored": stored}, repaired=marked)


def manifests(task: Task) -> Iterator[Finding]:
    """Manifests, whose bytes are in the database. A push of the same manifest heals one."""
    for window, count in windows(Manifest, _FEW):
        task.seen["manifests"] += count
        rows = Manifest.objects.filter(window, deleted_at=None).select_related("repository__namespace")
        for row in rows.only("digest", "payload", "repository__name", "repository__namespace__name"):
            if digests.compute(bytes(row.payload), row.digest.algorithm) != row.digest:
                yield Finding("damaged_manifest", {"repository": row.repository.full_name, "digest": row.digest})


def owners(task: Task) -> Iterator[Finding]:
    """Keys that two rows name. Nothing is safe to do about one of them."""
    in_upload = Exists(Upload.objects.filter(storage_key=OuterRef("storage_key")))
    in_trash = Exists(Trash.objects.filter(storage_key=OuterRef("storage_key")))
    for window, _ in windows(Blob):
        rows = Blob.objects.filter(window)
        yield from _shared(rows.filter(in_upload).values_list("storage_key", flat=True), ["upload", "blob"])
        yield from _shared(rows.filter(in_trash).values_list("storage_key", flat=True), ["blob", "trash"])
    for window, count in windows(Trash):
        task.seen["trash"] += count
        rows_of_trash = Trash.objects.filter(window).filter(in_upload)
        yield from _shared(rows_of_trash.values_list("storage_key", flat=True), ["upload", "trash"])


def _shared(keys: Iterable[str], tables: list[str]) -> Iterator[Finding]:
    for key in keys:
        yield Finding("shared_key", {"key": key, "tables": tables})


def _unnamed(objects: dict[str, Stored]) -> list[Stored]:
    left = dict(objects)
    for table in (Upload, Blob, Trash):  # the order in which a key moves
        for key in table.objects.filter(storage_key__in=left).values_list("storage_key", flat=True):
            left.pop(key, None)
    return list(left.values())


def _is_still(blob: Blob) -> bool:
    """Whether the row is as it was read: its object goes only after it."""
    return Blob.objects.filter(pk=blob.pk, storage_key=blob.storage_key, corrupt=blob.corrupt).exists()


def _discard(found: Stored) -> bool:
    """A key is used once and its row comes first, so nobody can come to own it now."""
    due = timezone.now() + settings.HUB_TRASH_DELAY
    with transaction.atomic():
        Trash.objects.bulk_create(
            [Trash(storage_key=found.key, size=found.size or 0, not_before=due)], ignore_conflicts=True
        )
    return True
