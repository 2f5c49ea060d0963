"""Objects as files of a local or shared POSIX file system. An object has its final name from the start."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from repositories import failpoints
from repositories.errors import StorageUnavailable
from repositories.storage import paths, sink
from repositories.storage.base import BLOCK, Body, Draft, ObjectMissing, Stored
from repositories.storage.sink import medium


class FilesystemStore:
    """`root` is made when it is missing; below `free_floor` bytes of free space nothing is taken any more."""

    def __init__(self, root: Path, *, free_floor: int = 0) -> None:
        self.root = root
        self.free_floor = free_floor

    def create(self, key: str) -> Draft:
        file = paths.file_of(self.root, key)
        with medium():
            failpoints.reach("file.create")
            self._make_folder(file.parent)
            os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        return Draft()

    def append(self, key: str, draft: Draft, body: Body) -> Draft:
        with self._opened(key, os.O_WRONLY) as file:
            self._require_space()
            with medium():
                os.ftruncate(file, draft.length)
            return sink.pour(body, file, draft)

    def finish(self, key: str, draft: Draft) -> None:
        with self._opened(key, os.O_RDONLY) as file, medium():
            failpoints.reach("file.sync")
            os.fsync(file)
            failpoints.reach("file.sync-folder")
            sink.sync_folder(paths.file_of(self.root, key).parent)

    def open_range(self, key: str, start: int, stop: int) -> Iterator[bytes]:
        blocks = _blocks(self._open(key, os.O_RDONLY), start, stop)
        next(blocks)  # enters its `try`: a reader that is given up unread closes the file too
        return blocks

    def stat(self, key: str) -> int | None:
        file = paths.file_of(self.root, key)
        with medium():
            try:
                return file.stat().st_size
            except FileNotFoundError:
                return None

    def address(self, key: str) -> None:
        """A file has none."""

    def delete_many(self, keys: Iterable[str]) -> dict[str, str]:
        failures = {}
        for key in keys:
            try:
                failpoints.reach("file.remove")
                paths.file_of(self.root, key).unlink(missing_ok=True)
            except OSError as error:
                failures[key] = str(error)
        return failures

    def iter_keys(self) -> Iterator[str]:
        return (found.key for found in self.iter_objects())

    def iter_objects(self) -> Iterator[Stored]:
        with medium():
            for file in paths.objects_under(self.root):
                try:
                    found = file.stat()
                except FileNotFoundError:  # it went while we looked
                    continue
                yield Stored(file.name, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))

    def _open(self, key: str, flags: int) -> int:
        """Never creates: an object that garbage collection took must not come back under its old key."""
        path = paths.file_of(self.root, key)
        with medium():
            try:
                return os.open(path, flags)
            except FileNotFoundError as error:
                raise ObjectMissing(key) from error

    @contextmanager
    def _opened(self, key: str, flags: int) -> Iterator[int]:
        file = self._open(key, flags)
        try:
            yield file
        finally:
            os.close(file)

    def _make_folder(self, folder: Path) -> None:
        """Make it and what leads to it, each name surviving a power cut."""
        if folder.is_dir():
            return
        if folder.parent != folder:
            self._make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        sink.sync_folder(folder.parent)

    def _require_space(self) -> None:
        with medium():
            room = os.statvfs(self.root)
        if room.f_bavail * room.f_frsize < self.free_floor:
            raise StorageUnavailable("The hub's storage is full; try again later.")


def _blocks(file: int, start: int, stop: int) -> Iterator[bytes]:
    """First b"" and then the blocks. Closes the file when it is exhausted or given up."""
    try:
        yield b""
        while start < stop:
            with medium():
                failpoints.reach("file.read")
                block = os.pread(file, min(BLOCK, stop - start), start)
            if not block:
                return
            start += len(block)
            yield block
    finally:
        os.close(file)
