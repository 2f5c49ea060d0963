"""The one loop that every uploaded byte passes: read, hash, write, start write-back early."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from repositories import failpoints
from repositories.errors import StorageUnavailable
from repositories.storage.base import BLOCK, Stream

#: Starting write-back every 8 MiB leaves little for the final fsync.
_WRITE_BACK = 8 * 2**20


def pour(stream: Stream, file: int, offset: int, update: Callable[[bytes], None]) -> int:
    """Write a stream to an open file from `offset` on; returns the number of bytes written.

    Errors: StorageUnavailable; whatever the stream raises. What was written before stays.
    """
    end = flushed = offset
    while block := stream.read(BLOCK):
        update(block)
        with medium():
            failpoints.reach("file.write")
            _write(file, block, end)
        end += len(block)
        if end - flushed >= _WRITE_BACK:
            os.posix_fadvise(file, flushed, end - flushed, os.POSIX_FADV_DONTNEED)
            flushed = end
    return end - offset


def _write(file: int, block: bytes, offset: int) -> None:
    """All of the block, however little the system takes at once."""
    view = memoryview(block)
    while view:
        written = os.pwrite(file, view, offset)
        view, offset = view[written:], offset + written


def sync_folder(path: str | os.PathLike[str]) -> None:
    """Make the names in a folder survive a power cut."""
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def medium() -> Iterator[None]:
    """Turns what the file system says into the error that callers know."""
    try:
        yield
    except OSError as error:
        raise StorageUnavailable from error
