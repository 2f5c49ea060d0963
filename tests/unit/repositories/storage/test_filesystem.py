"""The store on files: the contract of all stores, and what is particular to a disk."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django.fixtures import Settings

from repositories import storage as stores
from repositories.errors import StorageUnavailable
from repositories.storage import BlobStore, Draft, ObjectMissing, sink
from repositories.storage.filesystem import FilesystemStore
from tests.unit.repositories.storage.driver_contract import BODY, DriverContract, append, read

KEY = "9c1f04aa-27b1-4c55-8e9d-000000000000"


@pytest.fixture
def store(tmp_path: Path) -> FilesystemStore:
    return FilesystemStore(tmp_path / "deep" / "root")


@pytest.fixture
def environment(store: FilesystemStore) -> dict[str, str]:
    return {"HUB_STORAGE_URL": f"file://{store.root}"}


class TestFilesystem(DriverContract):
    pass


def test_an_object_that_is_gone_never_comes_back_under_its_key(store: FilesystemStore) -> None:
    with pytest.raises(ObjectMissing):
        append(store, KEY, Draft(), b"x")
    assert store.stat(KEY) is None


def test_a_key_is_made_once(store: FilesystemStore) -> None:
    append(store, KEY, store.create(KEY), b"x")
    with pytest.raises(StorageUnavailable):
        store.create(KEY)
    assert read(store, KEY) == b"x"


def test_what_lay_behind_the_draft_is_dropped(store: FilesystemStore) -> None:
    append(store, KEY, store.create(KEY), BODY)
    store.finish(KEY, append(store, KEY, Draft(10), b"end"))
    assert read(store, KEY) == BODY[:10] + b"end"


def test_clients_have_no_way_to_a_file(store: FilesystemStore) -> None:
    files: BlobStore = store
    files.create(KEY)
    assert files.address(KEY) is None


def test_only_the_hub_reads_its_objects(store: FilesystemStore) -> None:
    store.create(KEY)
    file = store.root / "data" / "9c" / KEY
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_everything_that_leads_to_an_object_is_flushed(store: FilesystemStore, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[Path] = []
    real = os.fsync

    def fsync(file: int) -> None:
        flushed.append(Path(f"/proc/self/fd/{file}").readlink())
        real(file)

    monkeypatch.setattr(os, "fsync", fsync)
    store.finish(KEY, append(store, KEY, store.create(KEY), b"x"))
    file = store.root / "data" / "9c" / KEY
    made = [store.root.parent, store.root, store.root / "data", file.parent]
    assert {*(folder.parent for folder in made), file.parent, file} <= set(flushed)
    assert flushed.index(file) < len(flushed) - 1 - flushed[::-1].index(file.parent)
    assert flushed.count(file) == 2, "behind the body, because its row may outlive a power cut; and at the end"


def in_the_way(file: Path) -> None:
    """A folder where the object should be: the medium fails, also for root."""
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize(
    "act",
    [
        lambda store: append(store, KEY, Draft(), b"x"),
        lambda store: b"".join(store.open_range(KEY, 0, 1)),
        lambda store: store.create(KEY),
    ],
)
def test_a_medium_that_fails_is_said_in_the_callers_terms(
    store: FilesystemStore, act: Callable[[FilesystemStore], object]
) -> None:
    store.create(KEY)
    in_the_way(store.root / "data" / "9c" / KEY)
    with pytest.raises(StorageUnavailable):
        act(store)


def test_a_root_that_is_no_folder_is_said_in_the_callers_terms(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    store = FilesystemStore(tmp_path / "file")
    for act in (
        lambda: store.create(KEY),
        lambda: append(store, KEY, Draft(), b"x"),
        lambda: store.finish(KEY, Draft()),
        lambda: store.open_range(KEY, 0, 1),
        lambda: store.stat(KEY),
    ):
        with pytest.raises(StorageUnavailable):
            act()


def test_what_cannot_be_unlinked_is_named_with_its_reason(store: FilesystemStore) -> None:
    other = str(uuid4())
    for key in (KEY, other):
        store.create(key)
    in_the_way(store.root / "data" / "9c" / KEY)
    assert list(store.delete_many([KEY, other])) == [KEY]
    assert store.stat(other) is None


def test_below_the_floor_nothing_is_written(store: FilesystemStore) -> None:
    store.create(KEY)
    store.free_floor = 2**62
    with pytest.raises(StorageUnavailable) as refused:
        append(store, KEY, Draft(), b"x")
    assert "full" in str(refused.value)
    assert store.stat(KEY) == 0


def test_strange_files_among_the_objects_are_no_keys(store: FilesystemStore) -> None:
    store.create(KEY)
    (store.root / "data" / "9c" / "README").touch()
    (store.root / "data" / "lost+found").mkdir()
    assert list(store.iter_keys()) == [KEY]


def test_a_large_body_is_handed_to_the_disk_while_it_comes(
    store: FilesystemStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sink, "_WRITE_BACK", 1000)
    store.create(KEY)
    body = os.urandom(5000)
    append(store, KEY, Draft(), body)
    assert b"".join(store.open_range(KEY, 0, 5000)) == body


def test_a_system_that_writes_little_at_once_loses_nothing(
    store: FilesystemStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda file, block, offset: real(file, block[:7], offset))
    store.create(KEY)
    append(store, KEY, Draft(), b"a sentence of some length")
    assert b"".join(store.open_range(KEY, 0, 99)) == b"a sentence of some length"


def test_the_setting_names_the_store(settings: Settings, tmp_path: Path) -> None:
    settings.HUB_STORAGE_URL = f"file://{tmp_path}/a%20b"
    found = stores.store()
    assert isinstance(found, FilesystemStore)
    assert found.root == tmp_path / "a b"
    assert stores.store() is found


@pytest.mark.parametrize("url", ["", "x", "file://", "ftp://x/y", "/srv/blobs"])
def test_a_setting_that_names_no_store_is_refused(settings: Settings, url: str) -> None:
    settings.HUB_STORAGE_URL = url
    with pytest.raises(ImproperlyConfigured):
        stores.store()
