"""What a blob store promises. Keys are opaque, made once for one upload, and never used again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

#: Bytes read and written at once.
BLOCK = 256 * 1024


class Stream(Protocol):
    """A body being received; `read` returns at most `size` bytes, and b"" at the end."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a draft: its size in bytes, and the mark by which the store finds it."""

    size: int
    mark: str


@dataclass(frozen=True, slots=True)
class Draft:
    """An object that is still coming in, as far as the store holds it. With it any process goes on.

    `length`: bytes held, from the first one on without a gap; a store of files needs no more than that. `parts` are
    pieces of the multipart upload `multipart_id`, in order; `tail` is what came behind them, an object of its own.
    """

    length: int = 0
    multipart_id: str = ""
    parts: tuple[Part, ...] = ()
    tail: Part | None = None


class Body(Stream, Protocol):
    """A body being received into a draft."""

    def keep(self, draft: Draft, /) -> None:
        """The store holds this much now: whoever goes on from this draft, or from the one before, loses nothing."""


class ObjectMissing(Exception):
    """There is no object under the key, or no longer what the draft says."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An object as the medium lists it: `size` in bytes, None for what can only be told to be unfinished; `modified`
    by the medium's clock."""

    key: str
    size: int | None
    modified: datetime


class BlobStore(Protocol):
    """Bytes under keys. Errors, all methods: StorageUnavailable when the medium fails or is full."""

    def create(self, key: str) -> Draft:
        """Begin an object without bytes; the key must be new."""

    def append(self, key: str, draft: Draft, body: Body) -> Draft:
        """Write the body behind the bytes of the draft, dropping what else there is; returns what is held now.

        After an error the given draft still stands. Errors: ObjectMissing; whatever the body raises.
        """

    def finish(self, key: str, draft: Draft) -> None:
        """Return when the object has the bytes of the draft and survives a power cut; repeating it is harmless.

        A failure is final: the object must be given up. Errors: ObjectMissing.
        """

    def open_range(self, key: str, start: int, stop: int) -> Iterator[bytes]:
        """Bytes [start, stop) of a finished object in blocks. Errors, before the first block: ObjectMissing."""

    def stat(self, key: str) -> int | None:
        """Size in bytes of a finished object, None when there is no object."""

    def address(self, key: str) -> str | None:
        """Where clients fetch a finished object themselves, for a few minutes; None: only through the hub."""

    def delete_many(self, keys: Iterable[str]) -> dict[str, str]:
        """Remove objects, finished or not, with all that belongs to them; one that is gone already counts as removed.

        Returns the failures: key → reason.
        """

    def iter_keys(self) -> Iterator[str]:
        """The keys of all that is stored, finished or not, in no order; for audits."""

    def iter_objects(self) -> Iterator[Stored]:
        """All objects, in no order and not all at once, while others come and go; for audits."""
