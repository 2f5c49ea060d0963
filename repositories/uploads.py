"""Uploads: a blob on its way in. The session's state is its row and its object; any process may serve any request.

    T1 start     insert the row, then create the object
    T2 append    take the lease, stream without a transaction, write offset and digest, give the lease back
    T3 finish    sync the object, then one transaction: claim the row, blob, link, quota
    cancel       delete the row, move the object to the trash

T1 and T2 are bookkeeping and may commit without a disk flush; everything that is answered with 201 flushes first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from repositories import blobs, failpoints, flushing, quotas, retry
from repositories.access import Access, Action
from repositories.errors import (
    ContentError,
    DigestInvalid,
    RangeInvalid,
    RepositoryUnknown,
    SizeInvalid,
    TooManyUploads,
    UploadBusy,
    UploadUnknown,
)
from repositories.intake import Intake, columns_of, draft_of, known_digest
from repositories.models import Blob, Trash, Upload
from repositories.oci import digests
from repositories.oci.digests import Digest
from repositories.storage import ObjectMissing, Stream, store

#: Renewed every few seconds while bytes come; after a crash the session is free again this soon.
_LEASE = timedelta(seconds=20)
#: A session untouched for so long gives way to a new one of its user who has too many.
_LEFT_ALONE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Session:
    """An upload as clients see it: `offset` bytes are kept."""

    id: str
    offset: int


def start(access: Access, *, algorithm: str = "sha256") -> Session:
    """T1. Errors: AccessDenied, RepositoryUnknown, DigestInvalid (algorithm), TooManyUploads, QuotaExceeded,
    StorageUnavailable."""
    access.require(Action.PUSH)
    digests.hasher(algorithm)
    user_id = _user_id(access)
    _require_slot(user_id)
    quotas.require_room(access.repository.namespace_id)
    upload_id = uuid4()
    try:
        with flushing.deferred():
            Upload.objects.create(
                id=upload_id,
                repository=access.repository,
                user_id=user_id,
                storage_key=str(upload_id),
                algorithm=algorithm,
                expires_at=timezone.now() + settings.HUB_UPLOAD_TTL,
            )
    except IntegrityError as error:
        raise RepositoryUnknown(access.repository.full_name) from error  # deleted since the caller was let in
    failpoints.reach("upload.noted")
    store().create(str(upload_id))
    failpoints.reach("upload.created")
    return Session(id=str(upload_id), offset=0)


def status(access: Access, upload_id: str) -> Session:
    """Errors: AccessDenied, UploadUnknown."""
    access.require(Action.PUSH)
    row = _mine(access, upload_id).first()
    if row is None:
        raise UploadUnknown(upload_id)
    return Session(id=upload_id, offset=row.offset)


def append(access: Access, upload_id: str, stream: Stream, *, length: int | None, start: int | None) -> Session:
    """T2: write the body behind what is there. `length`: announced bytes; `start`: the offset the client means.

    A body that breaks off leaves its bytes in the session. Errors: AccessDenied, UploadUnknown, RangeInvalid (the
    session lives), UploadBusy, SizeInvalid, BlobTooLarge, QuotaExceeded, StorageUnavailable.
    """
    access.require(Action.PUSH)
    row = _lease(access, upload_id, start)
    received = _receive(row, stream, length, algorithm=row.algorithm)
    _release(row)
    if length is not None and received != length:
        raise SizeInvalid(length, received)
    return Session(id=upload_id, offset=row.offset)


def finish(
    access: Access,
    upload_id: str,
    digest: Digest,
    *,
    stream: Stream | None = None,
    length: int | None = None,
    start: int | None = None,
) -> Digest:
    """T3, with a last piece of the body when there is one. Content that is not the digest's ends the session.

    Finishing once more, after an answer that was lost, is a success. Errors: those of :func:`append`; DigestInvalid.
    """
    access.require(Action.PUSH)
    try:
        row = _lease(access, upload_id, start)
    except UploadUnknown:
        if not _was_finished(access, upload_id, digest):
            raise
        return digest
    if stream is not None:
        received = _receive(row, stream, length, algorithm=digest.algorithm)
        if length is not None and received != length:
            _release(row)
            raise SizeInvalid(length, received)
    _complete(access, row, digest)
    return digest


def _complete(access: Access, row: Upload, digest: Digest) -> None:
    """Everything has come: sync, compare, claim; or end the session."""
    try:
        known = known_digest(row, digest.algorithm)
        _compare(known or digest, digest)
        store().finish(row.storage_key, draft_of(row))
        failpoints.reach("blob.synced")
        if known is None:  # several pieces: only the finished object can be read
            blocks = store().open_range(row.storage_key, 0, row.offset)
            _compare(digests.compute(blocks, digest.algorithm), digest)
        retry.on_conflict(lambda: _claim(access, row, digest))
        failpoints.reach("blob.committed")
    except ObjectMissing as error:
        raise UploadUnknown(str(row.pk)) from error
    except ContentError as error:
        if not discard(row, lease=row.lease_token):
            raise UploadUnknown(str(row.pk)) from error
        raise


def cancel(access: Access, upload_id: str) -> None:
    """Errors: AccessDenied, UploadUnknown."""
    access.require(Action.PUSH)
    row = _mine(access, upload_id).select_related("repository").first()
    if row is None or not discard(row):
        raise UploadUnknown(upload_id)


def discard(row: Upload, *, idle_at: datetime | None = None, lease: UUID | None = None) -> bool:
    """Delete an upload's row, release its room, move its object to the trash.

    With `idle_at`, only if the upload still expires by then and nobody writes to it; with `lease`, only if that is
    still its writer's. False when there is no such row.
    """
    mine = Q(expires_at__lte=idle_at, lease_until__lte=timezone.now()) if idle_at else Q()
    mine &= Q(lease_token=lease) if lease else Q()
    with transaction.atomic():
        found = Upload.objects.select_for_update().filter(mine, pk=row.pk).first()
        if found is None:
            return False
        Upload.objects.filter(pk=row.pk).delete()
        size = max(found.offset, row.offset)
        Trash.objects.create(storage_key=row.storage_key, size=size, not_before=timezone.now())
        quotas.subtract(row.repository.namespace_id, 0, settled=found.reserved)  # what a writer reserved meanwhile too
    return True


def _claim(access: Access, row: Upload, digest: Digest) -> None:
    """The transaction behind a 201. Whoever deletes the upload's row owns its object: get it back, or stop."""
    if not Upload.objects.filter(pk=row.pk, lease_token=row.lease_token).delete()[0]:
        raise UploadUnknown(str(row.pk))
    fresh = Blob(digest=digest, size=row.offset, storage_key=row.storage_key)
    Blob.objects.bulk_create([fresh], ignore_conflicts=True)
    blob = Blob.objects.select_for_update(no_key=True).filter(digest=digest).first()
    if blob is None:
        raise retry.LostRace  # it was there, and was collected while we waited for its row
    if blob.storage_key != row.storage_key:
        spare = row.storage_key
        if blob.corrupt or store().stat(blob.storage_key) != blob.size:  # the new object is good: it heals the blob
            spare, blob.storage_key, blob.corrupt = blob.storage_key, row.storage_key, False
            blob.verified_at = timezone.now()
            blob.save(update_fields=["storage_key", "corrupt", "verified_at"])
        due = timezone.now() + settings.HUB_TRASH_DELAY
        Trash.objects.create(storage_key=spare, size=row.offset, digest=digest, not_before=due)
    blobs.link(access.repository, blob, settled=row.reserved)
    failpoints.reach("blob.claimed")


def _was_finished(access: Access, upload_id: str, digest: Digest) -> bool:
    """Whether the session ended with this blob, which the repository still has.

    A key is used once, so the object tells: it is the blob, or it is in the trash as a duplicate of it.
    """
    became = Blob.objects.filter(storage_key=upload_id, digest=digest)
    was_spare = Trash.objects.filter(storage_key=upload_id, digest=digest)
    return blobs.holds(access.repository, digest) and (became.exists() or was_spare.exists())


def _require_slot(user_id: int) -> None:
    """Make sure that the user may have one more session; what nobody wrote to for a while makes room first.

    Errors: TooManyUploads.
    """
    mine, limit = Upload.objects.filter(user_id=user_id), settings.HUB_MAX_UPLOADS
    if mine.count() < limit:
        return
    left_alone = timezone.now() + max(settings.HUB_UPLOAD_TTL - _LEFT_ALONE, timedelta(0))
    for row in mine.filter(expires_at__lte=left_alone).select_related("repository").order_by("expires_at"):
        discard(row, idle_at=left_alone)
    if mine.count() >= limit:
        raise TooManyUploads(limit)


def _lease(access: Access, upload_id: str, start: int | None) -> Upload:
    """Become the session's only writer."""
    token, now = uuid4(), timezone.now()
    free = _mine(access, upload_id).filter(Q(lease_token=None) | Q(lease_until__lt=now))
    if start is not None:
        free = free.filter(offset=start)
    with flushing.deferred():
        taken = free.update(lease_token=token, lease_until=now + _LEASE)
    row = _mine(access, upload_id).select_related("repository").first()
    if row is None:
        raise UploadUnknown(upload_id)
    if not taken:
        if start is not None and start != row.offset:
            raise RangeInvalid(row.offset, upload_id)
        raise UploadBusy(upload_id)
    return row


def _receive(row: Upload, stream: Stream, length: int | None, *, algorithm: str) -> int:
    """Stream the body into the object; afterwards `row` knows offset, digest (when it began at 0) and reservation.

    Returns the number of bytes received.
    """
    try:
        intake = Intake(row, stream, lease=_LEASE, announced=length, algorithm=algorithm)
        draft = store().append(row.storage_key, draft_of(row), intake)
    except ObjectMissing as error:
        raise UploadUnknown(str(row.pk)) from error
    except Exception:
        _release(row)  # the session stays as it was before this body
        raise
    failpoints.reach("upload.written")
    return intake.settle(draft)


def _release(row: Upload) -> None:
    """Write back what the request changed, keep room for no more than what came, and let the next writer in."""
    now = timezone.now()
    excess = max(row.reserved - row.offset, 0)
    row.reserved -= excess
    with flushing.deferred():
        mine = Upload.objects.filter(pk=row.pk, lease_token=row.lease_token)
        kept = mine.update(
            **columns_of(draft_of(row)),
            reserved=row.reserved,
            digest_at_offset=row.digest_at_offset,
            lease_token=None,
            lease_until=now,
            expires_at=now + settings.HUB_UPLOAD_TTL,
        )
        if not kept:
            raise UploadUnknown(str(row.pk))
        quotas.subtract(row.repository.namespace_id, 0, settled=excess)


def _compare(found: Digest, wanted: Digest) -> None:
    """Errors: DigestInvalid."""
    if found != wanted:
        raise DigestInvalid(str(wanted), "The content does not have this digest.")


def _mine(access: Access, upload_id: str) -> QuerySet[Upload]:
    """The caller's own session in this repository: sessions are looked up by both, never by id alone."""
    try:
        key = UUID(upload_id)
    except ValueError as error:
        raise UploadUnknown(upload_id) from error
    return Upload.objects.filter(pk=key, repository=access.repository, user_id=_user_id(access))


def _user_id(access: Access) -> int:
    if access.user_id is None:
        raise UploadUnknown("")
    return access.user_id
