"""A body on its way into an upload: counted, hashed, held to the limits, and its lease kept alive while it streams."""

from __future__ import annotations

import time
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from repositories import quotas
from repositories.errors import BlobTooLarge, QuotaExceeded, UploadUnknown
from repositories.models import Upload
from repositories.oci import digests
from repositories.oci.digests import Digest
from repositories.storage import Stream

_RENEW_EVERY = 5.0  # seconds
_RESERVE_STEP = 64 * 2**20


class Intake:
    """Wraps the body as a stream for the store; `settle` writes the outcome into the upload's row object."""

    def __init__(self, row: Upload, stream: Stream, *, lease: timedelta, announced: int | None, algorithm: str) -> None:
        self._row = row
        self._stream = stream
        self._lease = lease
        self._algorithm = algorithm
        self._hasher = digests.hasher(algorithm) if row.offset == 0 else None
        self._received = 0
        self._covered = row.reserved - row.offset  # bytes of this body that the reservation pays for
        self._limited = quotas.is_limited(row.repository.namespace_id)
        self._renewed = time.time()  # the clock that leases are written by; it goes on while a machine sleeps
        self._cover(announced or 0)

    def read(self, size: int, /) -> bytes:
        """The next bytes of the body. Errors: BlobTooLarge, QuotaExceeded, UploadUnknown (the lease was lost)."""
        try:
            block = self._stream.read(size)
        except OSError:  # the client is gone: what came before is kept, the length or the digest will tell
            return b""
        if abs(time.time() - self._renewed) > _RENEW_EVERY:  # after the wait: who slept on may not write any more
            self._renew()
        self._received += len(block)
        self._cover(self._received)
        return block

    def update(self, block: bytes) -> None:
        if self._hasher is not None:
            self._hasher.update(block)

    def settle(self) -> int:
        """The body is over: write offset and digest into the row object; returns how many bytes came."""
        row = self._row
        row.offset += self._received
        if self._hasher is not None:
            row.digest_at_offset = Digest(self._algorithm, self._hasher.hexdigest())
        elif self._received:
            row.digest_at_offset = None
        return self._received

    def _cover(self, wanted: int) -> None:
        """Hold the body to the size limit, and reserve room for it in steps where the namespace has a limit."""
        limit = settings.HUB_MAX_BLOB_BYTES
        if self._row.offset + wanted > limit:
            raise BlobTooLarge(limit)
        if not self._limited or wanted <= self._covered:
            return
        missing = wanted - self._covered
        try:
            self._reserve(missing if self._received == 0 else max(missing, _RESERVE_STEP))
        except QuotaExceeded:
            self._reserve(missing)  # less than a whole step is left; it may still be enough

    def _reserve(self, size: int) -> None:
        """Promise room and write it down, both or neither: whoever ends the session gives back what its row says."""
        row = self._row
        with transaction.atomic():
            mine = Upload.objects.filter(pk=row.pk, lease_token=row.lease_token)
            if not mine.update(reserved=row.reserved + size):
                raise UploadUnknown(str(row.pk))
            quotas.reserve(row.repository.namespace_id, size)
        self._covered += size
        row.reserved += size

    def _renew(self) -> None:
        """Keep the lease while bytes come. The digest of the new offset is not known before the end."""
        self._renewed = time.time()
        row = self._row
        mine = Upload.objects.filter(pk=row.pk, lease_token=row.lease_token)
        kept = mine.update(
            lease_until=timezone.now() + self._lease, offset=row.offset + self._received, digest_at_offset=None
        )
        if not kept:
            raise UploadUnknown(str(row.pk))
