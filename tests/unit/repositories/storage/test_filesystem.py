"""The store on files: the contract of all stores, and what is particular to a disk."""

from __future__ import annotations

import io
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
from repositories.storage import sink
from repositories.storage.filesystem import FilesystemStore
from tests.unit.repositories.storage.driver_contract import DriverContract, ignore

KEY = "9c1f04aa-27b1-4c55-8e9d-000000000000"


@pytest.fixture
def store(tmp_path: Path) -> FilesystemStore:
    return FilesystemStore(tmp_path / "deep" / "root")


class TestFilesystem(DriverContract):
    pass


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
    store.create(KEY)
    store.append(KEY, io.BytesIO(b"x"), 0, ignore)
    store.finish(KEY)
    file = store.root / "data" / "9c" / KEY
    made = [store.root.parent, store.root, store.root / "data", file.parent]
    assert {*(folder.parent for folder in made), file.parent, file} <= set(flushed)
    assert flushed.index(file) < len(flushed) - 1 - flushed[::-1].index(file.parent)


def in_the_way(file: Path) -> None:
    """A folder where the object should be: the medium fails, also for root."""
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize(
    "act",
    [
        lambda store: store.append(KEY, io.BytesIO(b"x"), 0, ignore),
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
        lambda: store.append(KEY, io.BytesIO(b"x"), 0, ignore),
        lambda: store.finish(KEY),
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
        store.append(KEY, io.BytesIO(b"x"), 0, ignore)
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
    store.append(KEY, io.BytesIO(body), 0, ignore)
    assert b"".join(store.open_range(KEY, 0, 5000)) == body


def test_a_system_that_writes_little_at_once_loses_nothing(
    store: FilesystemStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda file, block, offset: real(file, block[:7], offset))
    store.create(KEY)
    store.append(KEY, io.BytesIO(b"a sentence of some length"), 0, ignore)
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
