"""Running the collector: rehearsals, failures, two at once, and the command."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import User
from repositories import tags, uploads
from repositories.access import Access
from repositories.models import Blob, Trash
from repositories.oci import digests
from repositories.upkeep import garbage
from tests.make import content
from tests.make.threads import together
from tests.unit.repositories.builders import content as body_of
from tests.unit.repositories.builders import (
    everything,
    files,
    later,
    living,
    push_blob,
    push_image,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("audited")]

NOW = timedelta(0)


@pytest.mark.parametrize("grace", [None, NOW])
def test_a_rehearsal_says_what_would_go_and_changes_nothing(access: Access, grace: timedelta | None) -> None:
    push_image(access, "one", layers=[body_of(1000)])
    push_image(access, "two", layers=[body_of(500)])
    push_blob(access, body_of(300))
    uploads.append(access, uploads.start(access).id, io.BytesIO(b"half"), length=None, start=None)
    tags.remove(access, "one")
    later(timedelta(hours=25))
    before = everything()
    rehearsed = garbage.collect(grace=grace, dry_run=True)
    assert everything() == before
    assert str(garbage.collect(grace=grace)) == str(rehearsed)
    assert everything() != before


def test_an_object_that_cannot_be_unlinked_is_tried_again(access: Access, storage: Path) -> None:
    push_blob(access, b"stuck")
    push_blob(access, b"free")
    stuck = Blob.objects.get(digest=digests.compute(b"stuck")).storage_key
    file = next(storage.rglob(stuck))
    content_of_it = file.read_bytes()
    file.unlink()
    file.mkdir()  # a folder in its place: unlinking it fails, also for root
    (file / "x").touch()
    assert garbage.collect(grace=NOW).freed_blobs == 1
    row = Trash.objects.get()
    assert (row.storage_key, row.attempts) == (stuck, 1)
    assert row.last_error
    assert garbage.collect(grace=NOW).freed_blobs == 0
    (file / "x").unlink()
    file.rmdir()
    file.write_bytes(content_of_it)
    later(timedelta(hours=2))
    assert garbage.collect().freed_blobs == 1
    assert files() == set()


def test_a_crash_between_unlinking_and_forgetting_is_made_good(access: Access) -> None:
    push_blob(access, b"x")
    before = Blob.objects.get()
    Trash.objects.create(storage_key="00000000-0000-4000-8000-000000000000", size=1, not_before=timezone.now())
    assert garbage.collect().freed_blobs == 1
    assert files() == {before.storage_key}


def test_many_more_than_a_batch_go_in_one_run(access: Access, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garbage, "_BATCH", 2)
    for seed in range(7):
        push_image(access, layers=[body_of(100, seed)])
    push_image(access, "kept", layers=[b"kept"])
    later(timedelta(days=30))
    assert garbage.collect(grace=NOW).freed_blobs == 7
    assert len(living(access)) == 1


@pytest.mark.django_db(transaction=True)
def test_two_collectors_at_once_free_everything_once(access: Access, outsider: User) -> None:
    homes = [access, content.repository(outsider, "theirs")]
    for home in homes:
        for seed in range(10):
            push_image(home, f"tag-{seed}", layers=[body_of(100, seed)])
    for home in homes:
        for seed in range(10):
            tags.remove(home, f"tag-{seed}")
    reports = together([lambda: garbage.collect(grace=NOW)] * 2)
    assert all(isinstance(report, garbage.Report) for report in reports), reports
    garbage.collect(grace=NOW)
    assert files() == set()
    assert not Blob.objects.exists()


# -- The command


def collected(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    call_command("collect_garbage", *arguments)
    return capsys.readouterr().out


def test_the_command_prints_one_line(access: Access, capsys: pytest.CaptureFixture[str]) -> None:
    push_image(access, "one", layers=[body_of(1000)])
    tags.remove(access, "one")
    assert collected(capsys) == "freed 0 blobs, 0 bytes; in grace 2, 1002 bytes\n"
    before = everything()
    assert collected(capsys, "--grace", "0", "--dry-run") == "freed 2 blobs, 1002 bytes; in grace 0, 0 bytes\n"
    assert everything() == before
    assert collected(capsys, "--grace", "0") == "freed 2 blobs, 1002 bytes; in grace 0, 0 bytes\n"
    assert collected(capsys, "--grace", "0") == "freed 0 blobs, 0 bytes; in grace 0, 0 bytes\n"


@pytest.mark.parametrize("span", ["30s", "15m", "24h", "14d", "90"])
def test_the_command_takes_a_span(access: Access, capsys: pytest.CaptureFixture[str], span: str) -> None:
    assert collected(capsys, "--grace", span).startswith("freed 0 blobs")


@pytest.mark.parametrize("span", ["", "x", "-1", "1w", "1.5h", "٣", "9" * 30 + "d"])
def test_the_command_refuses_what_is_no_span_with_a_sentence(db: None, span: str) -> None:
    with pytest.raises(CommandError):
        call_command("collect_garbage", f"--grace={span}")
