"""A disk that fills up while content arrives: a real one, of one megabyte."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from accounts.models import User
from repositories import uploads
from repositories.errors import StorageUnavailable
from repositories.models import Trash
from repositories.storage import store
from tests.make import content
from tests.unit.repositories.builders import BODY, DIGEST, append, stored

pytestmark = pytest.mark.django_db


@pytest.fixture
def small_disk(tmp_path: Path, settings: Settings) -> Iterator[None]:
    """A file system of one megabyte."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    place = tmp_path / "small"
    place.mkdir()
    if os.system(f"mount -t tmpfs -o size=1m tmpfs {place} 2>/dev/null") != 0:
        pytest.skip("this machine lets nobody mount")
    settings.HUB_STORAGE_URL, settings.HUB_FREE_DISK_FLOOR = f"file://{place}", 0
    yield
    os.system(f"umount {place}")


def test_a_disk_that_fills_up_is_said_and_the_session_goes_on_when_there_is_room(
    small_disk: None, audited: None, owner: User
) -> None:
    access = content.repository(owner, "app")
    filler = append(access, uploads.start(access), BODY)
    session = append(access, uploads.start(access), BODY[:1000])
    with pytest.raises(StorageUnavailable):
        append(access, session, BODY[1000:])
    assert uploads.status(access, session.id).offset == 1000
    uploads.cancel(access, filler.id)
    store().delete_many(Trash.objects.values_list("storage_key", flat=True))
    append(access, session, BODY[1000:], 1000)
    uploads.finish(access, session.id, DIGEST)
    assert stored(access) == BODY
