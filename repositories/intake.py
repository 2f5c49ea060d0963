"""A body on its way into an upload: counted, hashed, held to the limits, and its lease kept alive while it streams.

The upload's row also carries what the store has to remember: its :class:`Draft`.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from repositories import quotas
from repositories.errors import BlobTooLarge, QuotaExceeded, UploadUnknown
from repositories.models import Upload
from repositories.oci import digests
from repositories.oci.digests import Digest
from repositories.storage import Draft, Part, Stream

_RENEW_EVERY = 5.0  # seconds
_RESERVE_STEP = 64 * 2**20


def draft_of(row: Upload) -> Draft:
    """What the store holds of an upload."""
    parts = [Part(size, mark) for size, mark in row.parts]
    tail = parts.pop() if row.tail_length else None
    return Draft(row.offset, row.multipart_id, tuple(parts), tail)


def columns_of(draft: Draft) -> dict[str, Any]:
    """The columns of an upload's row that hold a draft; the tail is the last of `parts`."""
    pieces = [*draft.parts, draft.tail] if draft.tail else draft.parts
    return {
        "offset": draft.length,
        "multipart_id": draft.multipart_id,
        "parts": [(piece.size, piece.mark) for piece in pieces],
        "tail_length": draft.tail.size if draft.tail else 0,
    }


def known_digest(row: Upload, algorithm: str) -> Digest | None:
    """The digest of everything received, when it came in one piece."""
    known: Digest | None = row.digest_at_offset
    return known if known is not None and known.algorithm == algorithm else None


class Intake:
    """Wraps the body for the store; `settle` writes the outcome into the upload's row object."""

    def __init__(self, row: Upload, stream: Stream, *, lease: timedelta, announced: int | None, algorithm: str) -> None:
        self._row = row
        self._stream = stream
        self._lease = lease
        self._algorithm = algorithm
        self._hasher = digests.hasher(algorithm) if row.offset == 0 else None
        self._received = 0
        self._kept = draft_of(row)  # what the row may say at any time
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
        if self._hasher is not None:
            self._hasher.update(block)
        return block

    def keep(self, draft: Draft, /) -> None:
        """What the store holds goes into the row when the lease is renewed; a new multipart upload at once, so that
        whoever goes on uses the same, and the store completes it once. Errors: UploadUnknown."""
        self._kept = draft
        if draft.multipart_id != self._row.multipart_id:
            self._renew()
            self._row.multipart_id = draft.multipart_id  # stays, even when the rest of the body is given up

    def settle(self, draft: Draft) -> int:
        """The body is over: write draft and digest into the row object; returns how many bytes came."""
        row = self._row
        for column, value in columns_of(draft).items():
            setattr(row, column, value)
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
        until = timezone.now() + self._lease
        kept = mine.update(lease_until=until, digest_at_offset=None, **columns_of(self._kept))
        if not kept:
            raise UploadUnknown(str(row.pk))
