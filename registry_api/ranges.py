"""Grammar of `Range` (RFC 9110, 14.1 and 14.2) and of the `Content-Range` of uploads (distribution-spec, "Pushing a
blob in chunks"). A :class:`ByteRange` is half open: bytes [start, stop).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from registry_api.errors import Answer, Code, Refusal

#: More digits than any size has, few enough to be cheap.
_NUMBER = r"[0-9]{1,18}"
_SPEC = re.compile(rf"({_NUMBER})?-({_NUMBER})?", re.ASCII)
_CHUNK = re.compile(rf"(?:bytes[ =]+)?({_NUMBER})-({_NUMBER})(?:/(?:\*|{_NUMBER}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes [start, stop)."""

    start: int
    stop: int

    @property
    def length(self) -> int:
        return self.stop - self.start

    def content_range(self, size: int) -> str:
        """The header of a 206: ``bytes 0-9/100``."""
        return f"bytes {self.start}-{self.stop - 1}/{size}"


def wanted(header: str, size: int) -> ByteRange | None:
    """The part that a `Range` header asks of `size` bytes; None for the whole: no range, several, or not understood.

    Errors: Refusal, 416 with ``Content-Range: bytes */size``, when there is no such part.
    """
    unit, _, ranges = header.partition("=")
    match = _SPEC.fullmatch(ranges.strip())
    if unit.strip().lower() != "bytes" or not match or match.groups() == (None, None):
        return None
    first, last = match.groups()
    if first is None:
        start, stop = max(size - int(last), 0), size
    else:
        start, stop = int(first), min(int(last) + 1, size) if last else size
    if start >= stop:
        message = f"The content has {size} bytes; there is no such part of it."
        headers = {"Content-Range": f"bytes */{size}"}
        raise Refusal(Answer(416, Code.SIZE_INVALID, message, headers=headers))
    return ByteRange(start, stop)


def chunk(header: str) -> ByteRange:
    """The place of an upload's chunk: ``0-1023``, inclusive; the form of RFC 9110 is accepted as well.

    Errors: Refusal, 400 for what is not a range, 416 for one that ends before it starts.
    """
    match = _CHUNK.fullmatch(header.strip())
    if not match:
        raise Refusal(Answer(400, Code.BLOB_UPLOAD_INVALID, "Content-Range is written <first byte>-<last byte>."))
    found = ByteRange(int(match[1]), int(match[2]) + 1)
    if found.length <= 0:
        raise Refusal(Answer(416, Code.BLOB_UPLOAD_INVALID, "Content-Range ends before it starts."))
    return found
