"""Grammar of `Range` (RFC 9110, 14.1 and 14.2), the body that carries several parts (14.6), and the grammar of the
`Content-Range` of uploads (distribution-spec, "Pushing a blob in chunks"). A :class:`ByteRange` is half open: bytes
[start, stop).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from registry_api.errors import Answer, Code, Refusal

#: More digits than any size has, few enough to be cheap.
_NUMBER = r"[0-9]{1,18}"
_BYTES = "application/octet-stream"
#: As many as clients ask for that put an image together from pieces they have.
_MOST_PARTS = 1024
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


def wanted(header: str, size: int) -> list[ByteRange]:
    """The parts that a `Range` header asks of `size` bytes, in order and apart from each other; none: the whole.

    The whole also answers what is not understood, and several parts that overlap, go backwards, are very many or are
    all beyond the end: a server may ignore a range. Errors: Refusal, 416 with ``Content-Range: bytes */size``, when
    one part is asked for and is not there.
    """
    unit, _, ranges = header.partition("=")
    specs = [_SPEC.fullmatch(spec.strip()) for spec in ranges.split(",", _MOST_PARTS)]
    parts = [_part(spec[1], spec[2], size) for spec in specs if spec and (spec[1] or spec[2])]
    if unit.strip().lower() != "bytes" or len(parts) != len(specs) or len(parts) > _MOST_PARTS:
        return []
    found = [part for part in parts if part.length > 0]
    if len(specs) > 1:
        return found if all(left.stop <= right.start for left, right in pairwise(found)) else []
    if not found:
        message = f"The content has {size} bytes; there is no such part of it."
        headers = {"Content-Range": f"bytes */{size}"}
        raise Refusal(Answer(416, Code.SIZE_INVALID, message, headers=headers))
    return found


def _part(first: str | None, last: str | None, size: int) -> ByteRange:
    """Of no length when there is no such part."""
    if first is None:
        return ByteRange(max(size - int(last or 0), 0), size)
    return ByteRange(int(first), min(int(last) + 1, size) if last else size)


@dataclass(frozen=True, slots=True)
class Multipart:
    """Several parts of `size` bytes as one body, multipart/byteranges."""

    parts: list[ByteRange]
    size: int
    boundary: str

    @property
    def content_type(self) -> str:
        return f"multipart/byteranges; boundary={self.boundary}"

    @property
    def length(self) -> int:
        """Of the whole body, in bytes."""
        return sum(len(self._head(part)) + part.length for part in self.parts) + len(self._end)

    def body(self, read: Callable[[ByteRange], Iterable[bytes]]) -> Iterator[bytes]:
        """The body in blocks; `read` gives the blocks of a part."""
        for part in self.parts:
            yield self._head(part)
            yield from read(part)
        yield self._end

    def _head(self, part: ByteRange) -> bytes:
        place = part.content_range(self.size)
        return f"\r\n--{self.boundary}\r\nContent-Type: {_BYTES}\r\nContent-Range: {place}\r\n\r\n".encode()

    @property
    def _end(self) -> bytes:
        return f"\r\n--{self.boundary}--\r\n".encode()


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
