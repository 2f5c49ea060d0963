"""What every store must do: one suite, which each driver's test module runs against itself."""

from __future__ import annotations

import gc
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from repositories.storage import BlobStore, Draft, ObjectMissing, Stream
from repositories.storage.base import BLOCK
from tests.unit.repositories.builders import Pieces
from tests.unit.repositories.builders import content as body_of
from tests.unit.repositories.storage import elsewhere

BODY = body_of(3 * BLOCK + 17)
MIB = 2**20
#: Sizes around what an object store wants of a part (5 MiB), and around the parts that the hub makes of it (8 MiB).
LARGE = body_of(21 * MIB + 5)
CHUNKS = [5 * MIB - 1, 5 * MIB, 5 * MIB + 1, 8 * MIB - 1, 8 * MIB, 8 * MIB + 1, 16 * MIB, 17 * MIB + 3]


class Received:
    """A body, and what the store said of it while it came."""

    def __init__(self, stream: Stream) -> None:
        self.read = stream.read
        self.kept: list[Draft] = []

    def keep(self, draft: Draft) -> None:
        self.kept.append(draft)


class Broken(Exception):
    """What a stream raised."""


def append(store: BlobStore, key: str, draft: Draft, body: bytes) -> Draft:
    """One more piece behind the draft."""
    return store.append(key, draft, Received(io.BytesIO(body)))


def put(store: BlobStore, body: bytes) -> str:
    """A finished object; returns its key."""
    key = str(uuid4())
    store.finish(key, append(store, key, store.create(key), body))
    return key


def read(store: BlobStore, key: str, start: int = 0, stop: int = 2**40) -> bytes:
    return b"".join(store.open_range(key, start, stop))


class DriverContract:
    """Subclasses give the fixture `store`, and the environment in which another process finds the same one."""

    @pytest.fixture
    def key(self) -> str:
        return str(uuid4())

    @pytest.fixture
    def draft(self, store: BlobStore, key: str) -> Draft:
        return store.create(key)

    # -- Coming in

    def test_a_new_object_is_empty(self, store: BlobStore, key: str, draft: Draft) -> None:
        assert draft == Draft()
        store.finish(key, draft)
        assert store.stat(key) == 0
        assert read(store, key, 0, 0) == read(store, key, 0, 5) == b""

    @pytest.mark.parametrize("body", [b"x", BODY, LARGE[: 8 * MIB], LARGE[: 8 * MIB + 1], LARGE], ids=len)
    def test_what_was_appended_is_read_back(self, store: BlobStore, key: str, draft: Draft, body: bytes) -> None:
        draft = append(store, key, draft, body)
        assert draft.length == len(body)
        store.finish(key, draft)
        assert read(store, key) == body
        assert store.stat(key) == len(body)

    @pytest.mark.parametrize("size", CHUNKS)
    def test_pieces_of_odd_sizes_are_put_behind_each_other(
        self, store: BlobStore, key: str, draft: Draft, size: int
    ) -> None:
        for start in range(0, len(LARGE), size):
            draft = append(store, key, draft, LARGE[start : start + size])
            assert draft.length == min(start + size, len(LARGE))
        store.finish(key, draft)
        assert read(store, key) == LARGE

    def test_many_small_pieces_become_one_object(self, store: BlobStore, key: str, draft: Draft) -> None:
        for start in range(0, len(BODY), 50_000):
            draft = append(store, key, draft, BODY[start : start + 50_000])
        store.finish(key, draft)
        assert read(store, key) == BODY

    def test_a_piece_without_bytes_changes_nothing(self, store: BlobStore, key: str, draft: Draft) -> None:
        assert append(store, key, draft, b"") == draft
        draft = append(store, key, draft, b"some")
        assert append(store, key, draft, b"") == draft
        store.finish(key, draft)
        assert read(store, key) == b"some"

    @pytest.mark.parametrize(("first", "second"), [(100, 200), (100, 9 * MIB), (9 * MIB, 100), (9 * MIB, 17 * MIB)])
    def test_after_a_break_the_draft_from_before_still_stands(
        self, store: BlobStore, key: str, draft: Draft, first: int, second: int
    ) -> None:
        """Whatever came of the broken piece is dropped; the multipart upload that it began is gone on with."""
        draft = append(store, key, draft, LARGE[:first])
        broken = Received(Pieces(body_of(second, "broken"), Broken()))
        with pytest.raises(Broken):
            store.append(key, draft, broken)
        draft = replace(draft, multipart_id=broken.kept[-1].multipart_id if broken.kept else draft.multipart_id)
        draft = append(store, key, draft, LARGE[first : first + second])
        store.finish(key, draft)
        assert read(store, key) == LARGE[: first + second]

    @pytest.mark.parametrize("first", [0, 100, 9 * MIB])
    def test_every_draft_that_was_kept_can_be_gone_on_with(
        self, store: BlobStore, key: str, draft: Draft, first: int
    ) -> None:
        """As after a crash of the process that received."""
        if first:
            draft = append(store, key, draft, LARGE[:first])
        crashed = Received(Pieces(LARGE[first : first + 11 * MIB], Broken()))
        with pytest.raises(Broken):
            store.append(key, draft, crashed)
        draft = crashed.kept[-1]
        assert first <= draft.length <= first + 11 * MIB
        draft = append(store, key, draft, LARGE[draft.length :])
        store.finish(key, draft)
        assert read(store, key) == LARGE

    def test_a_draft_that_is_left_behind_does_not_disturb_the_one_that_goes_on(
        self, store: BlobStore, key: str, draft: Draft
    ) -> None:
        """A writer that lost its session and does not know it: what it sends never becomes part of the object."""
        ahead = append(store, key, draft, LARGE[: 9 * MIB])
        behind = append(store, key, ahead, b"lost" * 10)
        ahead = append(store, key, ahead, LARGE[9 * MIB : 10 * MIB])
        assert behind.length != ahead.length
        store.finish(key, ahead)
        assert read(store, key) == LARGE[: 10 * MIB]

    @pytest.mark.parametrize("body", [b"", b"small", LARGE[: 9 * MIB], LARGE[: 8 * MIB]], ids=len)
    def test_finishing_again_is_harmless(self, store: BlobStore, key: str, draft: Draft, body: bytes) -> None:
        draft = append(store, key, draft, body)
        store.finish(key, draft)
        store.finish(key, draft)
        assert read(store, key) == body

    def test_another_process_goes_on(
        self, store: BlobStore, environment: dict[str, str], key: str, draft: Draft
    ) -> None:
        """All that it needs is in the draft: nothing of an upload is in the memory of a process."""
        draft = append(store, key, draft, LARGE[: 9 * MIB])
        given = json.dumps([key, elsewhere.to_json(draft), len(LARGE)])
        done = subprocess.run(
            [sys.executable, "-m", elsewhere.__name__],
            input=given, env={**os.environ, **environment}, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        store.finish(key, elsewhere.from_json(json.loads(done.stdout)))
        assert read(store, key) == LARGE

    # -- Going out

    @pytest.mark.parametrize(
        ("start", "stop"),
        [(0, 0), (0, 1), (5, 5), (5, 6), (BLOCK - 1, BLOCK + 1), (BLOCK, 2 * BLOCK), (len(BODY) - 1, len(BODY))],
    )
    def test_a_range_is_exact(self, store: BlobStore, start: int, stop: int) -> None:
        assert read(store, put(store, BODY), start, stop) == BODY[start:stop]

    def test_a_range_beyond_the_end_ends_there(self, store: BlobStore) -> None:
        key = put(store, b"short")
        assert read(store, key, 2, 100) == b"ort"
        assert read(store, key, 50, 100) == b""

    @pytest.mark.parametrize(
        "act",
        [
            lambda store, key: store.finish(key, Draft(5)),
            lambda store, key: store.open_range(key, 0, 1),
            lambda store, key: store.open_range(key, 0, 0),
        ],
    )
    def test_an_object_that_is_not_there_is_said_so_and_never_made(
        self, store: BlobStore, act: Callable[[BlobStore, str], object], key: str
    ) -> None:
        with pytest.raises(ObjectMissing):
            act(store, key)
        assert store.stat(key) is None
        assert key not in set(store.iter_keys())

    def test_a_reader_keeps_reading_what_is_deleted_under_its_hands(self, store: BlobStore) -> None:
        key = put(store, BODY)
        blocks = store.open_range(key, 0, len(BODY))
        first = next(blocks)
        store.delete_many([key])
        assert first + b"".join(blocks) == BODY

    def test_objects_are_listed_with_their_size_and_age(self, store: BlobStore) -> None:
        began = datetime.now(UTC) - timedelta(minutes=1)  # the medium's clock need not be ours
        key = put(store, BODY)
        [found] = store.iter_objects()
        assert (found.key, found.size) == (key, len(BODY))
        assert began <= found.modified <= datetime.now(UTC) + timedelta(minutes=1)
        store.delete_many([key])
        assert list(store.iter_objects()) == []

    def test_a_reader_that_is_given_up_holds_nothing_open(self, store: BlobStore) -> None:
        key = put(store, BODY)
        gc.collect()
        before = open_files()
        for _ in range(5):
            store.open_range(key, 0, len(BODY))
            begun = store.open_range(key, 0, len(BODY))
            next(begun)
            del begun
        gc.collect()
        assert open_files() <= before

    # -- Away

    def test_deleted_objects_are_gone_and_deleting_again_is_fine(self, store: BlobStore) -> None:
        key, kept = put(store, b"goes"), put(store, b"stays")
        assert store.delete_many([key, str(uuid4())]) == {}
        assert store.delete_many([key]) == {}
        assert store.delete_many([]) == {}
        assert store.stat(key) is None
        assert set(store.iter_keys()) == {kept}
        assert read(store, kept) == b"stays"

    @pytest.mark.parametrize("sizes", [(), (100,), (9 * MIB,), (100, 100), (8 * MIB, 100, 100)])
    def test_nothing_stays_of_an_object_that_is_deleted_before_it_is_finished(
        self, store: BlobStore, key: str, draft: Draft, sizes: tuple[int, ...]
    ) -> None:
        for size in sizes:
            draft = append(store, key, draft, LARGE[:size])
        assert set(store.iter_keys()) <= {key}
        assert store.delete_many([key]) == {}
        assert set(store.iter_keys()) == set()
        if draft.length:
            with pytest.raises(ObjectMissing):
                store.finish(key, append(store, key, draft, b"more"))

    def test_keys_are_listed_finished_or_not(self, store: BlobStore) -> None:
        keys = {put(store, b"%d" % number) for number in range(5)}
        for size in (100, 8 * MIB, 9 * MIB):
            key = str(uuid4())
            keys.add(key)
            append(store, key, append(store, key, store.create(key), LARGE[:size]), b"more")
        assert set(store.iter_keys()) == keys
        assert {found.key for found in store.iter_objects()} == keys


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())
