"""The periodic jobs around content: they say what they find, and never fail the worker."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from repositories import blobs, tasks
from repositories.access import Access
from repositories.errors import StorageUnavailable
from repositories.models import Blob, NamespaceUsage
from repositories.oci import digests
from tests.make.damage import flip, object_file
from tests.unit.repositories.builders import later, push_image

pytestmark = pytest.mark.django_db

LAYER = b"a layer of some length"
DIGEST = digests.compute(LAYER)


@pytest.fixture
def layer(access: Access, storage: Path) -> Path:
    """The file of an image's layer that waits for the scrub."""
    push_image(access, "one", layers=[LAYER])
    later(timedelta(days=5))
    return object_file(storage, Blob.objects.get(digest=DIGEST).storage_key)


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [f"{record.levelname} {record.getMessage()}" for record in caplog.records]


def test_the_scrub_in_the_background_marks_and_names(
    access: Access, layer: Path, caplog: pytest.LogCaptureFixture
) -> None:
    flip(layer)
    tasks.scrub_some()
    assert said(caplog) == [
        f"ERROR blob {DIGEST} is damaged: its bytes have another digest; push it again to heal it",
        f"ERROR blob {DIGEST} is damaged: part of owner-person/app:one",
    ]
    with pytest.raises(StorageUnavailable):
        blobs.find(access.repository, DIGEST)


def test_the_scrub_waits_for_a_storage_that_is_away(
    layer: Path, storage: Path, caplog: pytest.LogCaptureFixture
) -> None:
    storage.rename(storage.with_name("elsewhere"))
    tasks.scrub_some()
    [line] = said(caplog)
    assert line.startswith("ERROR the scrub stops: The storage holds nothing at all")
    storage.with_name("elsewhere").rename(storage)
    tasks.scrub_some()
    assert not Blob.objects.filter(corrupt=True).exists()


def test_the_night_counts_anew_and_watches_the_scrub(layer: Path, caplog: pytest.LogCaptureFixture) -> None:
    tasks.reconcile_usage()
    assert said(caplog) == []
    NamespaceUsage.objects.update(used=1)
    later(timedelta(days=3))
    tasks.reconcile_usage()
    counted, late = said(caplog)
    assert counted.startswith("ERROR used was wrong and is set right: ")
    assert late.startswith("WARNING 2 blobs were not verified for longer than HUB_SCRUB_DAYS")
