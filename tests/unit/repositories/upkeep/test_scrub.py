"""The scrub: whatever happened to stored bytes is found, named and healed by a push, and nothing else is accused."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from accounts.models import User
from repositories import blobs, damage, manifests
from repositories.access import Access
from repositories.errors import BlobUnknown, StorageUnavailable
from repositories.models import Blob
from repositories.oci import digests
from repositories.oci.digests import Digest
from repositories.upkeep import scrub
from tests.make import content
from tests.make.damage import flip, object_file
from tests.unit.repositories.builders import content as body_of
from tests.unit.repositories.builders import later, push_blob, push_image, push_index, push_signature, stored

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("audited")]

BODY = body_of(600_000)
DIGEST = digests.compute(BODY)


def file_of(storage: Path, digest: Digest) -> Path:
    return object_file(storage, Blob.objects.get(digest=digest).storage_key)


def heal(access: Access, storage: Path) -> None:
    """Push again what is missing or damaged."""
    push_blob(access, BODY)
    assert stored(access, DIGEST) == BODY
    assert scrub.everything().is_clean


def test_one_scrub_finds_every_flipped_bit_and_nothing_else(access: Access, storage: Path) -> None:
    bodies = [body_of(1 + 37 * number % 5000, number) for number in range(1200)]
    algorithms = ["sha512" if number % 10 == 0 else "sha256" for number in range(1200)]
    pushed = [push_blob(access, *each) for each in zip(bodies, algorithms, strict=True)]
    damaged = [digest for number, digest in enumerate(pushed) if number % 6]
    for digest in damaged:
        flip(file_of(storage, digest), digest)
    report = scrub.everything()
    assert len(damaged) == 1000
    assert {found.digest for found in report.damaged} == set(damaged)
    assert (len(report.damaged), report.blobs, report.bytes) == (1000, 1200, sum(map(len, bodies)))
    assert {blob.digest for blob in Blob.objects.filter(corrupt=True)} == set(damaged)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def grow(file: Path) -> None:
    file.write_bytes(file.read_bytes() + b"x")


@pytest.mark.parametrize("act", [flip, cut, grow, Path.unlink])
def test_whatever_happened_is_found_and_a_push_heals_it(access: Access, storage: Path, act: object) -> None:
    push_blob(access, BODY)
    push_blob(access, b"other")
    act(file_of(storage, DIGEST))  # type: ignore[operator]
    assert [found.digest for found in scrub.everything().damaged] == [DIGEST]
    with pytest.raises(StorageUnavailable):
        blobs.find(access.repository, DIGEST)
    with pytest.raises(BlobUnknown):
        blobs.find(access.repository, DIGEST, pushing=True)
    again = scrub.everything()
    assert [(found.digest, found.is_new) for found in again.damaged] == [(DIGEST, False)]
    heal(access, storage)


def test_the_images_of_a_damaged_blob_are_named(
    access: Access, owner: User, storage: Path, caplog: pytest.LogCaptureFixture
) -> None:
    child = push_image(access, layers=[BODY])
    push_index(access, [child], "all", "latest")
    push_image(access, "other", layers=[b"other"])
    untagged = push_image(access, layers=[BODY], annotations={"a": "b"})
    elsewhere = content.repository(owner, "elsewhere", private=True)
    push_image(elsewhere, "1.0", layers=[BODY])
    deleted = push_image(elsewhere, "old", layers=[BODY], annotations={"c": "d"})
    manifests.delete(content.access(owner, "owner-person/elsewhere"), deleted)
    flip(file_of(storage, DIGEST))
    images = ["owner-person/app:all", "owner-person/app:latest", "owner-person/elsewhere:1.0"]
    expected = sorted([*images, f"owner-person/app@{untagged}"])
    [found] = scrub.everything().damaged
    assert sorted(found.images) == expected
    named = [record.getMessage() for record in caplog.records if "part of" in record.getMessage()]
    assert sorted(named) == sorted(f"blob {DIGEST} is damaged: part of {image}" for image in expected)
    heal(access, storage)


def test_a_signature_is_named_by_its_digest(access: Access, storage: Path) -> None:
    signature = push_signature(access, push_image(access, "one"))
    layer = manifests.find(access.repository, signature).references.get(role="layer").digest
    assert list(damage.affected(layer)) == [f"owner-person/app@{signature}"]


def test_a_blob_that_was_pushed_again_while_it_was_read_is_not_accused(access: Access, storage: Path) -> None:
    push_blob(access, BODY)
    old = Blob.objects.get().storage_key
    assert damage.mark(DIGEST, old, "a scrub that took its time")
    push_blob(access, BODY)
    assert not damage.mark(DIGEST, old, "another scrub that took its time")
    assert stored(access, DIGEST) == BODY


def test_a_blob_that_is_right_again_is_served_again(access: Access, storage: Path) -> None:
    push_blob(access, BODY)
    file = file_of(storage, DIGEST)
    flip(file)
    scrub.everything()
    flip(file)
    assert scrub.everything().cleared == [DIGEST]
    assert stored(access, DIGEST) == BODY


def test_a_push_of_what_is_not_whole_heals_it_before_anybody_found_out(access: Access, storage: Path) -> None:
    for act in (cut, Path.unlink):
        push_blob(access, BODY)
        act(file_of(storage, DIGEST))
        push_blob(access, BODY)
        assert stored(access, DIGEST) == BODY
    assert scrub.everything().is_clean


def test_a_store_that_is_not_there_accuses_nothing(access: Access, storage: Path) -> None:
    push_blob(access, BODY)
    storage.rename(storage.with_name("elsewhere"))
    with pytest.raises(StorageUnavailable):
        scrub.everything()
    with pytest.raises(CommandError, match="mounted"):
        call_command("scrub", "--all")
    storage.with_name("elsewhere").rename(storage)
    assert stored(access, DIGEST) == BODY


def make_unreadable(file: Path) -> None:
    """A link that leads to itself: the system refuses to follow it, also for root."""
    file.rename(file.with_name("aside"))
    file.symlink_to(file)


def make_readable(file: Path) -> None:
    file.with_name("aside").rename(file)


def test_what_cannot_be_read_is_told_and_not_judged(access: Access, storage: Path) -> None:
    for body in (BODY, b"other"):
        push_blob(access, body)
    file = file_of(storage, DIGEST)
    make_unreadable(file)
    report = scrub.everything()
    assert ([digest for digest, _ in report.unreadable], report.blobs, report.damaged) == ([DIGEST], 1, [])
    make_readable(file)
    assert stored(access, DIGEST) == BODY


def test_a_medium_that_fails_ends_the_scrub(access: Access, storage: Path) -> None:
    pushed = [push_blob(access, body_of(10, number)) for number in range(30)]
    files = [file_of(storage, digest) for digest in pushed]
    for file in files:
        file.rename(file.with_suffix(".aside"))
        file.symlink_to(file)
    with pytest.raises(StorageUnavailable):
        scrub.everything()
    for file in files:
        file.with_suffix(".aside").rename(file)
    assert scrub.everything().blobs == 30


def test_in_the_background_a_blob_waits_for_half_of_its_days(access: Access, settings: Settings) -> None:
    settings.HUB_SCRUB_DAYS = 7
    push_blob(access, BODY)
    later(timedelta(days=3))
    assert scrub.some().blobs == scrub.due().blobs == 0
    later(timedelta(days=1))
    assert scrub.some().blobs == 1
    assert scrub.some().blobs == 0


def test_without_days_nothing_is_read_in_the_background(access: Access, settings: Settings) -> None:
    settings.HUB_SCRUB_DAYS = 0
    push_blob(access, BODY)
    later(timedelta(days=100))
    assert (scrub.some().blobs, scrub.overdue(), scrub.due().blobs) == (0, 0, 1)


def test_every_blob_is_read_within_its_days_and_the_work_is_shared(
    access: Access, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three weeks, hour by hour, of blobs that were all pushed on one day."""
    settings.HUB_SCRUB_DAYS, settings.HUB_SCRUB_INTERVAL = 7, timedelta(hours=1)
    monkeypatch.setattr(scrub, "_LEAST_BYTES", 1)
    pushed = {push_blob(access, body_of(1000, number)) for number in range(60)}
    runs = []
    for _ in range(21 * 24):
        later(timedelta(hours=1))
        runs.append(scrub.some().blobs)
        assert scrub.overdue() == 0
    assert len(pushed) * 3 <= sum(runs) <= len(pushed) * 6
    assert max(runs) <= 2


def test_the_command_says_what_it_found(access: Access, storage: Path, capsys: pytest.CaptureFixture[str]) -> None:
    push_image(access, "one", layers=[BODY])
    call_command("scrub")
    assert capsys.readouterr().out == "scrub: blobs=0 bytes=0 damaged=0 cleared=0 unreadable=0\n"
    call_command("scrub", "--all")
    assert capsys.readouterr().out == "scrub: blobs=2 bytes=600002 damaged=0 cleared=0 unreadable=0\n"
    flip(file_of(storage, DIGEST))
    with pytest.raises(SystemExit) as ended:
        call_command("scrub", "--all")
    assert ended.value.code == 1
    assert capsys.readouterr().out.splitlines() == [
        f"damaged {DIGEST}: its bytes have another digest",
        f"damaged {DIGEST}: part of owner-person/app:one",
        "scrub: blobs=2 bytes=600002 damaged=1 cleared=0 unreadable=0",
    ]
    with pytest.raises(SystemExit):
        call_command("scrub", "--all", "--json")
    told = json.loads(capsys.readouterr().out)
    entry = {"digest": str(DIGEST), "reason": "its bytes have another digest", "new": False}
    assert told["damaged"] == [{**entry, "images": ["owner-person/app:one"]}]
    assert (told["clean"], told["blobs"]) == (False, 2)
    heal(access, storage)
