"""The scrub: read stored blobs again, and compare them with their digests before somebody else has to.

Every blob is looked at within HUB_SCRUB_DAYS, those that were looked at longest ago first: from half of that time on,
in small runs that share the work evenly. A blob that is not what its digest says is marked, and its images are named
in the log (`damage`). One that was marked and is right again, because its medium came back, is cleared.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, Sum
from django.utils import timezone

from repositories import damage, retry
from repositories.errors import StorageUnavailable
from repositories.models import Blob
from repositories.oci import digests
from repositories.oci.digests import Digest
from repositories.storage import ObjectMissing, store

_BATCH = 200
_BATCH_BYTES = 256 * 2**20
#: A run in the background reads no less than this, and begins nothing new after so many seconds.
_LEAST_BYTES = 64 * 2**20
_SECONDS = 20.0
#: Part of the second half of HUB_SCRUB_DAYS that is planned with; the rest is for pauses and slow days.
_PLANNED = 0.7
#: So many blobs in a row that cannot be read are a medium that fails.
_PATIENCE = 20
_MISSING = "it has no object"


@dataclass(frozen=True, slots=True)
class Damage:
    """A blob that is not what its digest says, and the images that it is part of; `is_new`: this run marked it."""

    digest: Digest
    reason: str
    is_new: bool
    images: list[str]


@dataclass(slots=True)
class Report:
    """What a run did. `unreadable`: digest and what the medium said; neither right nor wrong."""

    blobs: int = 0
    bytes: int = 0
    damaged: list[Damage] = field(default_factory=list)
    cleared: list[Digest] = field(default_factory=list)
    unreadable: list[tuple[Digest, str]] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not self.damaged and not self.unreadable


def everything() -> Report:
    """Every blob that is here now. Errors: StorageUnavailable, when the medium fails or is not there."""
    return _run(timezone.now(), lambda _: False)


def due() -> Report:
    """What has not been looked at for half of HUB_SCRUB_DAYS. Errors: as :func:`everything`."""
    return _run(timezone.now() - _half(), lambda _: False)


def some() -> Report:
    """One run in the background: this moment's share of the work. Errors: as :func:`everything`."""
    before = timezone.now() - _half()
    if not settings.HUB_SCRUB_DAYS or not Blob.objects.filter(verified_at__lte=before).exists():
        return Report()
    total = Blob.objects.aggregate(n=Sum("size"))["n"] or 0
    share = max(total * settings.HUB_SCRUB_INTERVAL / (_half() * _PLANNED), _LEAST_BYTES)
    until = time.monotonic() + _SECONDS
    return _run(before, lambda report: report.bytes >= share or time.monotonic() >= until)


def overdue() -> int:
    """Blobs that were not looked at for longer than HUB_SCRUB_DAYS: the background does not keep up."""
    days = settings.HUB_SCRUB_DAYS
    return Blob.objects.filter(verified_at__lt=timezone.now() - timedelta(days=days)).count() if days else 0


def _half() -> timedelta:
    return timedelta(days=settings.HUB_SCRUB_DAYS) / 2


def _run(before: datetime, is_over: Callable[[Report], bool]) -> Report:
    """Look at blobs until none is left that was last looked at by `before`, or until it is over."""
    report, in_a_row = Report(), 0
    right: list[Blob] = []
    weight = 0
    try:
        for blob in _waiting(before):
            try:
                reason = _compare(blob)
            except StorageUnavailable as error:
                report.unreadable.append((blob.digest, str(error.__cause__ or error)))
                in_a_row += 1
                if in_a_row >= _PATIENCE:
                    raise
                continue
            in_a_row = 0
            report.blobs, report.bytes = report.blobs + 1, report.bytes + blob.size
            _judge(report, blob, reason)
            right, weight = [*right, blob], weight + blob.size
            if len(right) >= _BATCH or weight >= _BATCH_BYTES:
                _note(right)
                right, weight = [], 0
            if is_over(report):
                break
    finally:
        _note(right)
    return report


def _waiting(before: datetime) -> Iterator[Blob]:
    """Those that were looked at longest ago first; each is given once, whatever comes of it."""
    place = Q()
    while rows := list(Blob.objects.filter(place, verified_at__lte=before).order_by("verified_at", "pk")[:_BATCH]):
        yield from rows
        last = rows[-1]
        behind = Q(verified_at__gt=last.verified_at) | Q(verified_at=last.verified_at, pk__gt=last.pk)
        place = Q(verified_at__gte=last.verified_at) & behind  # the index is entered here, not at its start


def _compare(blob: Blob) -> str:
    """What is wrong with the stored bytes; nothing when they are right. Errors: StorageUnavailable."""
    stored = store().stat(blob.storage_key)
    if stored is not None and stored != blob.size:
        return f"it has {stored} bytes instead of {blob.size}"
    try:
        found = digests.compute(store().open_range(blob.storage_key, 0, blob.size), blob.digest.algorithm)
    except ObjectMissing:
        return _MISSING
    return "" if found == blob.digest else "its bytes have another digest"


def _judge(report: Report, blob: Blob, reason: str) -> None:
    """Nothing is said about a blob that was collected or pushed again while it was read. Errors: StorageUnavailable."""
    if not reason:
        if blob.corrupt and damage.clear(blob.digest, blob.storage_key):
            report.cleared.append(blob.digest)
        return
    if reason == _MISSING:
        damage.require_store(blob)
    marked = damage.mark(blob.digest, blob.storage_key, reason)
    if marked or Blob.objects.filter(storage_key=blob.storage_key, corrupt=True).exists():
        report.damaged.append(Damage(blob.digest, reason, is_new=marked, images=list(damage.affected(blob.digest))))


def _note(blobs: list[Blob]) -> None:
    """All of a batch were looked at now: one statement, rows locked in one order."""
    ids = [blob.pk for blob in blobs]

    def write() -> None:
        rows = Blob.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True)
        found = list(rows.values_list("pk", flat=True))
        Blob.objects.filter(pk__in=found).update(verified_at=timezone.now())

    if ids:
        retry.on_conflict(write)
