"""What a blob store promises. Keys are opaque, made once for one upload, and never used again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

#: Bytes read and written at once.
BLOCK = 256 * 1024


class Stream(Protocol):
    """A body being received; `read` returns at most `size` bytes, and b"" at the end."""

    def read(self, size: int, /) -> bytes: ...


class ObjectMissing(Exception):
    """There is no object under the key."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An object as the medium lists it: `size` in bytes, None for what can only be told to be unfinished; `modified`
    by the medium's clock."""

    key: str
    size: int | None
    modified: datetime


class BlobStore(Protocol):
    """Bytes under keys. Errors, all methods: StorageUnavailable when the medium fails or is full."""

    def create(self, key: str) -> None:
        """Make an empty object; the key must be new."""

    def append(self, key: str, stream: Stream, offset: int, update: Callable[[bytes], None]) -> int:
        """Write the stream from `offset` on, dropping what was behind it, and pass each block to `update`.

        Returns the number of bytes written. Errors: ObjectMissing; whatever the stream raises.
        """

    def finish(self, key: str) -> None:
        """Return when the object survives a power cut. A failure is final: the object must be given up."""

    def open_range(self, key: str, start: int, stop: int) -> Iterator[bytes]:
        """Bytes [start, stop) in blocks. Errors, before the first block: ObjectMissing."""

    def stat(self, key: str) -> int | None:
        """Size in bytes, None when there is no object."""

    def delete_many(self, keys: Iterable[str]) -> dict[str, str]:
        """Remove objects; one that is gone already counts as removed. Returns the failures: key → reason."""

    def iter_keys(self) -> Iterator[str]:
        """All keys, in no order; for audits."""

    def iter_objects(self) -> Iterator[Stored]:
        """All objects, in no order and not all at once, while others come and go; for audits."""
