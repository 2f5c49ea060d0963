"""Garbage collection: online, in small transactions, any number at once. Nothing is unlinked except through the trash.

    T6  purge     manifests that were deleted longer than HUB_RESTORE_DAYS ago, and idle ones after HUB_UNTAGGED_DAYS
    T7  links     that expired and that no manifest references any more → their blobs are reviewed
    T8  blobs     that are due for review and have no link left → their keys move to the trash
    T9  unlink    what is in the trash and due
    T10 uploads   that expired and that nobody writes to → their objects move to the trash

Each step picks a batch of due rows and locks it, skipping what others hold; looks again in a new statement; then acts.
`--grace 0` ignores the delays: what is due then may still be in a client's hands, which pushes it again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet, Sum
from django.utils import timezone

from repositories import blobs, failpoints, reach, retry, uploads
from repositories.failpoints import Point
from repositories.models import Blob, BlobLink, BlobReview, Manifest, ManifestReference, Repository, Tag, Trash, Upload
from repositories.storage import store

log = logging.getLogger(__name__)

_BATCH = 200
_RETRY_AFTER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Report:
    """What went and what waits, in objects and bytes of the storage."""

    freed_blobs: int
    freed_bytes: int
    grace_blobs: int
    grace_bytes: int

    def __str__(self) -> str:
        return (
            f"freed {self.freed_blobs} blobs, {self.freed_bytes} bytes; "
            f"in grace {self.grace_blobs}, {self.grace_bytes} bytes"
        )


@dataclass(frozen=True, slots=True)
class _Clock:
    """`now`, and what counts as due: a shorter grace than the configured one makes rows due earlier."""

    now: datetime
    sooner: timedelta
    trash_sooner: timedelta

    @property
    def due(self) -> datetime:
        return self.now + self.sooner

    @property
    def trash_due(self) -> datetime:
        return self.now + self.trash_sooner


def collect(*, grace: timedelta | None = None, dry_run: bool = False) -> Report:
    """Free what is due. `grace` replaces HUB_GC_GRACE and, when it is shorter, HUB_TRASH_DELAY.

    With `dry_run` everything is done as usual inside a transaction that is then rolled back, and nothing is unlinked.
    """
    clock = _clock(grace)
    if dry_run:
        return _rehearse(clock)
    freed = _run(clock, unlink=True)
    report = Report(*freed, *_waiting())
    if report.freed_blobs:
        log.info("%s", report)
    return report


def _clock(grace: timedelta | None) -> _Clock:
    now = timezone.now()
    if grace is None:
        return _Clock(now, timedelta(0), timedelta(0))
    trash = min(grace, settings.HUB_TRASH_DELAY)
    return _Clock(now, settings.HUB_GC_GRACE - grace, settings.HUB_TRASH_DELAY - trash)


def _run(clock: _Clock, *, unlink: bool) -> tuple[int, int]:
    """Each step reads the time anew: what one of them let go is due for the next."""
    for step in (_release_idle, _purge_manifests, _expire_uploads, _drop_links, _trash_blobs):
        _exhaust(step, replace(clock, now=timezone.now()))
    due = Trash.objects.filter(not_before__lte=replace(clock, now=timezone.now()).trash_due)
    if unlink:
        return _empty_trash(due)
    freed = _sum(due)
    due.delete()
    return freed


def _rehearse(clock: _Clock) -> Report:
    with transaction.atomic():
        freed = _run(clock, unlink=False)
        report = Report(*freed, *_waiting())
        transaction.set_rollback(True)
    return report


def _exhaust(step: Callable[[_Clock], int], clock: _Clock) -> None:
    """Repeat a step until it finds nothing; each batch is a transaction of its own."""
    while retry.on_conflict(partial(step, clock)):
        pass


def _release_idle(clock: _Clock) -> int:
    """Manifests that nothing has reached for HUB_UNTAGGED_DAYS, one repository at a time."""
    before = clock.now - timedelta(days=settings.HUB_UNTAGGED_DAYS)
    tagged = Tag.objects.filter(manifest=OuterRef("pk"))
    listed = ManifestReference.objects.filter(child=OuterRef("pk"), manifest__deleted_at=None)
    subject = Manifest.objects.filter(
        repository=OuterRef("repository"), digest=OuterRef("subject_digest"), deleted_at=None
    )
    idle = Manifest.objects.filter(
        ~Exists(tagged), ~Exists(listed), ~Exists(subject), deleted_at=None, idle_since__lte=before
    )
    first = idle.order_by("idle_since").values_list("repository", flat=True).first()
    if first is None:
        return 0
    repository = Repository.objects.filter(pk=first).first()
    if repository is None or not reach.lock(repository):
        return 0
    return len(reach.release(repository, list(idle.filter(repository=repository)[:_BATCH])))


def _purge_manifests(clock: _Clock) -> int:
    """Rows of deleted manifests, and their references: from then on they cannot be revived."""
    before = clock.now - timedelta(days=settings.HUB_RESTORE_DAYS)
    listed = ManifestReference.objects.filter(child=OuterRef("pk"))
    deleted = Manifest.objects.filter(~Exists(listed), deleted_at__lte=before)  # indexes first, then what they list
    ids = list(deleted.select_for_update(of=("self",), skip_locked=True).values_list("pk", flat=True)[:_BATCH])
    ManifestReference.objects.filter(manifest__in=ids).delete()
    count = Manifest.objects.filter(pk__in=ids).delete()[0]
    _reach("collect.purged", count)
    return count


def _expire_uploads(clock: _Clock) -> int:
    expired = Upload.objects.filter(expires_at__lte=clock.now, lease_until__lte=clock.now)
    rows = expired.select_for_update(of=("self",), skip_locked=True).select_related("repository")
    rows = rows.order_by("repository__namespace")[:_BATCH]  # two collectors take counters in one order
    count = sum(uploads.discard(row, idle_at=clock.now) for row in rows)
    _reach("collect.expired", count)
    return count


def _drop_links(clock: _Clock) -> int:
    """The lock is taken first; that no manifest references the link is asked in a new statement."""
    referenced = ManifestReference.objects.filter(link=OuterRef("pk"))
    due = BlobLink.objects.filter(~Exists(referenced), expires_at__lte=clock.due)
    ids = list(due.select_for_update(of=("self",), skip_locked=True).values_list("pk", flat=True)[:_BATCH])
    free = BlobLink.objects.filter(~Exists(referenced), pk__in=ids, expires_at__lte=clock.due)
    links = list(free.select_related("blob").order_by("pk"))
    blobs.drop_links(links)
    _reach("collect.unlinked", len(links))
    return len(links)


def _trash_blobs(clock: _Clock) -> int:
    """Blobs without any link: row and key part in one transaction, the key is unlinked later."""
    reviews = BlobReview.objects.filter(not_before__lte=clock.due).select_for_update(of=("self",), skip_locked=True)
    ids = list(reviews.values_list("blob_id", flat=True)[:_BATCH])
    locked = list(Blob.objects.filter(pk__in=ids).select_for_update(skip_locked=True).order_by("pk"))
    linked = set(BlobLink.objects.filter(blob__in=locked).values_list("blob_id", flat=True))
    free = [blob for blob in locked if blob.pk not in linked]
    due = clock.now + settings.HUB_TRASH_DELAY
    Trash.objects.bulk_create([Trash(storage_key=blob.storage_key, size=blob.size, not_before=due) for blob in free])
    BlobReview.objects.filter(blob__in=locked).delete()
    Blob.objects.filter(pk__in=[blob.pk for blob in free]).delete()
    _reach("collect.trashed", len(free))
    return len(locked)


def _empty_trash(due: QuerySet[Trash]) -> tuple[int, int]:
    """Unlink objects, then forget their keys; what cannot be unlinked stays and is tried again."""
    count = size = 0
    while True:
        with transaction.atomic():
            rows = list(due.select_for_update(skip_locked=True).order_by("not_before")[:_BATCH])
            _reach("collect.removing", len(rows))
            failures = store().delete_many(row.storage_key for row in rows)
            _reach("collect.removed", len(rows))
            gone = [row for row in rows if row.storage_key not in failures]
            Trash.objects.filter(pk__in=[row.pk for row in gone]).delete()
            for row in rows:
                if row.storage_key in failures:
                    _try_later(row, failures[row.storage_key])
        count, size = count + len(gone), size + sum(row.size for row in gone)
        if not rows:
            return count, size


def _try_later(row: Trash, reason: str) -> None:
    log.warning("cannot unlink %s: %s", row.storage_key, reason)
    later = timezone.now() + settings.HUB_TRASH_DELAY + _RETRY_AFTER * (row.attempts + 1)
    Trash.objects.filter(pk=row.pk).update(attempts=F("attempts") + 1, last_error=reason[:200], not_before=later)


def _reach(point: Point, count: int) -> None:
    """A point that counts only when something happened."""
    if count:
        failpoints.reach(point)


def _waiting() -> tuple[int, int]:
    """What will go when its delay is over: the trash, and blobs that no living manifest uses."""
    used = ManifestReference.objects.filter(link__blob=OuterRef("pk"), manifest__deleted_at=None)
    blobs_idle = Blob.objects.filter(~Exists(used))
    trash, idle = _sum(Trash.objects.all()), _sum(blobs_idle)
    return trash[0] + idle[0], trash[1] + idle[1]


def _sum(rows: QuerySet[Trash] | QuerySet[Blob]) -> tuple[int, int]:
    return rows.count(), rows.aggregate(n=Sum("size"))["n"] or 0
