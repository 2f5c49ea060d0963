"""The loop that every byte passes on its way into a file: read, write, start write-back early."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from repositories import failpoints
from repositories.errors import StorageUnavailable
from repositories.storage.base import BLOCK, Body, Draft

#: Starting write-back every 8 MiB leaves little for the final fsync.
_WRITE_BACK = 8 * 2**20


def pour(body: Body, file: int, draft: Draft) -> Draft:
    """Write a body to an open file behind the bytes of the draft; returns the draft with them once they are on the
    disk: its row may survive a power cut, and then says which digest they have.

    Errors: StorageUnavailable; whatever the body raises. What was written before stays.
    """
    end = flushed = draft.length
    while block := body.read(BLOCK):
        with medium():
            failpoints.reach("file.write")
            _write(file, block, end)
        end += len(block)
        body.keep(Draft(end))
        if end - flushed >= _WRITE_BACK:
            os.posix_fadvise(file, flushed, end - flushed, os.POSIX_FADV_DONTNEED)
            flushed = end
    if end > draft.length:
        with medium():
            os.fsync(file)
    return Draft(end)


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
