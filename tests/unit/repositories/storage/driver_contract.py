"""What every store must do: one suite, which each driver's test module runs against itself."""

from __future__ import annotations

import gc
import io
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from repositories.storage import BlobStore, ObjectMissing, Stream
from repositories.storage.base import BLOCK
from tests.unit.repositories.builders import Pieces
from tests.unit.repositories.builders import content as body_of

BODY = body_of(3 * BLOCK + 17)


def ignore(_: bytes) -> None:
    """Nobody hashes."""


class Broken(Exception):
    """What a stream raised."""


class DriverContract:
    """Subclasses give the fixture `store`."""

    @pytest.fixture
    def key(self, store: BlobStore) -> str:
        key = str(uuid4())
        store.create(key)
        return key

    def read(self, store: BlobStore, key: str, start: int = 0, stop: int = len(BODY)) -> bytes:
        return b"".join(store.open_range(key, start, stop))

    def append(self, store: BlobStore, key: str, stream: Stream, offset: int = 0) -> int:
        return store.append(key, stream, offset, ignore)

    def test_a_new_object_is_empty(self, store: BlobStore, key: str) -> None:
        assert store.stat(key) == 0
        assert self.read(store, key) == b""
        store.finish(key)

    def test_what_was_appended_is_read_back(self, store: BlobStore, key: str) -> None:
        seen: list[bytes] = []
        assert store.append(key, io.BytesIO(BODY), 0, seen.append) == len(BODY)
        store.finish(key)
        assert self.read(store, key) == b"".join(seen) == BODY
        assert store.stat(key) == len(BODY)

    def test_pieces_are_put_behind_each_other(self, store: BlobStore, key: str) -> None:
        for start in range(0, len(BODY), 100_000):
            piece = BODY[start : start + 100_000]
            assert self.append(store, key, io.BytesIO(piece), start) == len(piece)
        store.finish(key)
        assert self.read(store, key) == BODY

    def test_what_lay_behind_the_offset_is_dropped(self, store: BlobStore, key: str) -> None:
        self.append(store, key, io.BytesIO(BODY))
        self.append(store, key, io.BytesIO(b"end"), 10)
        store.finish(key)
        assert self.read(store, key) == BODY[:10] + b"end"

    @pytest.mark.parametrize(
        ("start", "stop"),
        [(0, 0), (0, 1), (5, 5), (5, 6), (BLOCK - 1, BLOCK + 1), (BLOCK, 2 * BLOCK), (len(BODY) - 1, len(BODY))],
    )
    def test_a_range_is_exact(self, store: BlobStore, key: str, start: int, stop: int) -> None:
        self.append(store, key, io.BytesIO(BODY))
        store.finish(key)
        assert self.read(store, key, start, stop) == BODY[start:stop]

    def test_a_range_beyond_the_end_ends_there(self, store: BlobStore, key: str) -> None:
        self.append(store, key, io.BytesIO(b"short"))
        store.finish(key)
        assert self.read(store, key, 2, 100) == b"ort"
        assert self.read(store, key, 50, 100) == b""

    def test_what_the_stream_raises_comes_through_and_what_came_before_stays(self, store: BlobStore, key: str) -> None:
        with pytest.raises(Broken):
            self.append(store, key, Pieces(b"before", Broken()))
        assert self.append(store, key, Pieces(b" and after"), 6) == 10
        store.finish(key)
        assert self.read(store, key) == b"before and after"

    @pytest.mark.parametrize(
        "act",
        [
            lambda store, key: store.append(key, io.BytesIO(b"x"), 0, ignore),
            lambda store, key: store.finish(key),
            lambda store, key: store.open_range(key, 0, 1),
        ],
    )
    def test_an_object_that_is_not_there_is_said_so_and_never_made(
        self, store: BlobStore, act: Callable[[BlobStore, str], object]
    ) -> None:
        key = str(uuid4())
        with pytest.raises(ObjectMissing):
            act(store, key)
        assert store.stat(key) is None
        assert key not in set(store.iter_keys())

    def test_a_key_is_made_once(self, store: BlobStore, key: str) -> None:
        self.append(store, key, io.BytesIO(b"x"))
        with pytest.raises(Exception):  # noqa: B017  whatever the medium says: the object stays as it is
            store.create(key)
        assert self.read(store, key) == b"x"

    def test_deleted_objects_are_gone_and_deleting_again_is_fine(self, store: BlobStore, key: str) -> None:
        kept = str(uuid4())
        store.create(kept)
        assert store.delete_many([key, str(uuid4())]) == {}
        assert store.delete_many([key]) == {}
        assert store.stat(key) is None
        assert set(store.iter_keys()) == {kept}

    def test_a_reader_keeps_reading_what_is_deleted_under_its_hands(self, store: BlobStore, key: str) -> None:
        self.append(store, key, io.BytesIO(BODY))
        store.finish(key)
        blocks = store.open_range(key, 0, len(BODY))
        first = next(blocks)
        store.delete_many([key])
        assert first + b"".join(blocks) == BODY

    def test_keys_are_listed(self, store: BlobStore) -> None:
        keys = {str(uuid4()) for _ in range(20)}
        for key in keys:
            store.create(key)
        assert set(store.iter_keys()) == keys

    def test_objects_are_listed_with_their_size_and_age(self, store: BlobStore, key: str) -> None:
        began = datetime.now(UTC) - timedelta(minutes=1)  # the medium's clock need not be ours
        self.append(store, key, io.BytesIO(BODY))
        store.finish(key)
        [found] = store.iter_objects()
        assert (found.key, found.size) == (key, len(BODY))
        assert began <= found.modified <= datetime.now(UTC) + timedelta(minutes=1)
        store.delete_many([key])
        assert list(store.iter_objects()) == []

    def test_a_reader_that_is_given_up_holds_nothing_open(self, store: BlobStore, key: str) -> None:
        self.append(store, key, io.BytesIO(BODY))
        gc.collect()
        before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
        for _ in range(5):
            store.open_range(key, 0, len(BODY))
            begun = store.open_range(key, 0, len(BODY))
            next(begun)
            del begun
        gc.collect()
        assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
