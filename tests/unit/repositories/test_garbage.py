"""Garbage collection: every delay kept, nothing freed that anybody may still want, nothing kept that nobody does."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from repositories import blobs, catalog, manifests, quotas, tags, uploads
from repositories.access import Access
from repositories.errors import BlobUnknown, ManifestBlobUnknown, ManifestUnknown, UploadUnknown
from repositories.models import Blob, BlobLink, Manifest, Trash, Upload
from repositories.oci import digests, names
from repositories.storage import store
from repositories.upkeep import garbage
from tests.make import content
from tests.unit.repositories.builders import content as body_of
from tests.unit.repositories.builders import (
    files,
    image_body,
    later,
    limit,
    living,
    push_blob,
    push_image,
    push_index,
    push_signature,
    put,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("audited")]

NOW = timedelta(0)


def test_a_deleted_image_goes_step_by_step_each_after_its_delay(access: Access) -> None:
    push_image(access, "one", layers=[body_of(1000)])
    digest = digests.compute(body_of(1000))
    tags.remove(access, "one")
    assert str(garbage.collect()) == "freed 0 blobs, 0 bytes; in grace 2, 1002 bytes"
    assert not Manifest.objects.exists()  # the restore window is 0
    assert BlobLink.objects.count() == 2

    later(timedelta(hours=23))
    garbage.collect()
    assert BlobLink.objects.count() == 2

    later(timedelta(hours=2))
    assert str(garbage.collect()) == "freed 0 blobs, 0 bytes; in grace 2, 1002 bytes"
    assert not BlobLink.objects.exists()
    assert not Blob.objects.filter(digest=digest).exists()
    assert Trash.objects.count() == len(files()) == 2

    later(timedelta(minutes=59))
    assert garbage.collect().freed_blobs == 0
    later(timedelta(minutes=2))
    assert str(garbage.collect()) == "freed 2 blobs, 1002 bytes; in grace 0, 0 bytes"
    assert files() == set()
    assert not Trash.objects.exists()


def test_without_grace_everything_deleted_goes_at_once(access: Access) -> None:
    push_index(access, [push_image(access, layers=[body_of(1000)]), push_image(access, layers=[body_of(2000)])], "all")
    tags.remove(access, "all")
    report = garbage.collect(grace=NOW)
    assert str(report) == "freed 3 blobs, 3002 bytes; in grace 0, 0 bytes"
    assert files() == set()
    assert not Manifest.objects.exists()


def test_what_an_image_uses_stays_however_long_ago_it_was_pushed(access: Access, owner: User) -> None:
    push_index(access, [push_image(access, layers=[body_of(1000)])], "all")
    push_signature(access, push_image(access, "signed", layers=[b"signed"]))
    other = content.repository(owner, "other")
    push_image(other, "one", layers=[body_of(1000)])
    tags.remove(other, "one")
    garbage.collect(grace=NOW)
    before = files()
    later(timedelta(days=400))
    assert garbage.collect(grace=NOW).freed_blobs == 0
    assert files() == before
    assert b"".join(blobs.read(blobs.find(access.repository, digests.compute(body_of(1000))))) == body_of(1000)


def test_a_blob_that_no_manifest_ever_named_goes_after_its_grace(access: Access) -> None:
    digest = push_blob(access, body_of(1000))
    later(timedelta(hours=23))
    garbage.collect()
    assert blobs.find(access.repository, digest).size == 1000
    later(timedelta(hours=2))
    garbage.collect()
    with pytest.raises(BlobUnknown):
        blobs.find(access.repository, digest)
    assert quotas.usage_of(access.repository.namespace).used == 0


def test_a_pusher_who_is_told_that_a_blob_is_here_has_time_to_use_it(access: Access) -> None:
    digest = push_blob(access, b"{}")
    later(timedelta(hours=23))
    blobs.find(access.repository, digest, pushing=True)
    later(timedelta(hours=20))
    garbage.collect()
    put(access, image_body(b"{}", []), "one")


def test_pushing_a_blob_again_starts_its_grace_anew(access: Access, owner: User) -> None:
    digest = push_blob(access, b"{}")
    later(timedelta(hours=23))
    push_blob(access, b"{}")
    later(timedelta(hours=23))
    garbage.collect()
    assert blobs.find(access.repository, digest).size == 2


def test_a_shorter_grace_than_the_configured_one_can_be_asked_for(access: Access) -> None:
    push_blob(access, b"old")
    later(timedelta(hours=3))
    push_blob(access, b"new")
    garbage.collect(grace=timedelta(hours=2))
    assert [blob.digest for blob in Blob.objects.all()] == [digests.compute(b"new")]


def test_a_longer_grace_keeps_longer(access: Access) -> None:
    push_blob(access, b"old")
    later(timedelta(hours=30))
    garbage.collect(grace=timedelta(hours=48))
    assert Blob.objects.count() == BlobLink.objects.count() == 1


def test_content_pushed_again_before_the_end_of_its_grace_is_kept(access: Access) -> None:
    push_image(access, "one")
    tags.remove(access, "one")
    garbage.collect()
    digest = push_image(access, "one")
    later(timedelta(days=3))
    garbage.collect()
    assert living(access) == {digest}
    assert Blob.objects.count() == 2


def test_content_pushed_again_while_its_old_object_is_in_the_trash_has_an_object_of_its_own(access: Access) -> None:
    push_blob(access, body_of(1000))
    later(timedelta(hours=25))
    garbage.collect()
    later(timedelta(seconds=1))
    garbage.collect()
    assert Trash.objects.count() == 1
    digest = push_blob(access, body_of(1000))
    later(timedelta(hours=2))
    assert garbage.collect().freed_blobs == 1
    assert b"".join(blobs.read(blobs.find(access.repository, digest))) == body_of(1000)


def test_a_name_the_client_saw_before_the_collection_is_refused_after_it(access: Access) -> None:
    push_blob(access, b"{}")
    garbage.collect(grace=NOW)
    with pytest.raises(ManifestBlobUnknown):
        put(access, image_body(b"{}", []), "one")


def test_an_untagged_manifest_goes_after_its_days_with_what_only_it_reached(access: Access, settings: Settings) -> None:
    settings.HUB_UNTAGGED_DAYS = 14
    child = push_image(access, layers=[b"child"])
    push_signature(access, child)
    push_index(access, [child], "all")
    kept = push_image(access, "kept", layers=[b"kept"])
    tags.untag(access, names.tag("all"))
    later(timedelta(days=13))
    garbage.collect()
    assert len(living(access)) == 4
    later(timedelta(days=1))
    garbage.collect()
    assert living(access) == {kept}


def test_the_days_of_an_image_begin_when_its_tag_moves_on(access: Access, settings: Settings) -> None:
    settings.HUB_UNTAGGED_DAYS = 14
    old = push_image(access, "latest", layers=[b"1"])
    later(timedelta(days=100))
    new = push_image(access, "latest", layers=[b"2"])
    later(timedelta(days=13))
    garbage.collect()
    assert living(access) == {old, new}
    later(timedelta(days=2))
    garbage.collect()
    assert living(access) == {new}


def test_the_days_of_a_child_begin_when_its_index_is_deleted(access: Access, settings: Settings) -> None:
    settings.HUB_UNTAGGED_DAYS = 14
    child = push_image(access)
    index = push_index(access, [child], "all")
    later(timedelta(days=100))
    manifests.delete(access, index)
    garbage.collect()
    assert living(access) == {child}
    later(timedelta(days=15))
    garbage.collect()
    assert living(access) == set()


def test_a_deleted_manifest_waits_for_the_restore_window(access: Access, settings: Settings) -> None:
    settings.HUB_RESTORE_DAYS = 7
    digest = push_image(access, "one")
    tags.remove(access, "one")
    later(timedelta(days=6))
    garbage.collect()
    assert Manifest.objects.count() == 1
    assert Blob.objects.count() == 2
    with pytest.raises(ManifestUnknown):
        manifests.find(access.repository, digest)
    later(timedelta(days=2))
    garbage.collect()
    assert not Manifest.objects.exists()


def test_an_expired_upload_goes_and_gives_its_room_back(access: Access) -> None:
    namespace = access.repository.namespace
    limit(namespace, 10_000)
    session = uploads.start(access)
    uploads.append(access, session.id, io.BytesIO(body_of(1000)), length=None, start=None)
    later(timedelta(hours=23))
    garbage.collect()
    assert uploads.status(access, session.id).offset == 1000
    assert quotas.usage_of(namespace).reserved == 1000
    later(timedelta(hours=2))
    assert str(garbage.collect()) == "freed 1 blobs, 1000 bytes; in grace 0, 0 bytes"
    with pytest.raises(UploadUnknown):
        uploads.status(access, session.id)
    assert quotas.usage_of(namespace).reserved == 0


def test_an_upload_that_somebody_writes_to_does_not_expire(access: Access) -> None:
    session = uploads.start(access)
    Upload.objects.update(expires_at=timezone.now(), lease_until=timezone.now() + timedelta(minutes=1))
    garbage.collect(grace=NOW)
    assert uploads.status(access, session.id).offset == 0


def test_an_upload_without_an_object_expires_too(access: Access) -> None:
    """The process ended between the row and the object."""
    uploads.start(access)
    store().delete_many(files())
    later(timedelta(hours=25))
    garbage.collect(grace=NOW)
    assert not Upload.objects.exists()
    assert not Trash.objects.exists()


def test_everything_of_a_deleted_repository_goes(access: Access, owner: User) -> None:
    other = content.repository(owner, "other")
    for home in (access, other):
        push_image(home, "one", layers=[b"shared"])
    push_image(access, "two", layers=[b"own"])
    uploads.append(access, uploads.start(access).id, io.BytesIO(b"half"), length=None, start=None)
    catalog.delete(access, confirm=access.repository.full_name)
    garbage.collect(grace=NOW)
    assert {blob.digest for blob in Blob.objects.all()} == {digests.compute(b"shared"), digests.compute(b"{}")}
    assert len(files()) == 2
    assert b"".join(blobs.read(blobs.find(other.repository, digests.compute(b"shared")))) == b"shared"
