"""Blobs: the link decides who reads, mounting gives nothing away, and taking one out leaves the others alone."""

from __future__ import annotations

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from repositories import blobs, catalog, quotas, tags
from repositories.access import Access, Action
from repositories.errors import (
    AccessDenied,
    BlobReferenced,
    BlobUnknown,
    QuotaExceeded,
    RepositoryUnknown,
    StorageUnavailable,
)
from repositories.models import Blob, BlobLink, BlobReview, Trash
from repositories.oci import digests
from repositories.storage import store
from tests.make import content
from tests.make.threads import together
from tests.unit.repositories.builders import content as body_of
from tests.unit.repositories.builders import limit, push_blob, push_image
from tests.unit.repositories.races import underway

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("audited")]

BODY = body_of(600_000)
DIGEST = digests.compute(BODY)


def test_any_range_of_a_blob_is_read(access: Access) -> None:
    push_blob(access, BODY)
    facts = blobs.find(access.repository, DIGEST)
    assert (facts.digest, facts.size) == (DIGEST, len(BODY))
    assert b"".join(blobs.read(facts)) == BODY
    for start, stop in ((0, 1), (5, None), (262_140, 262_150), (599_999, 600_000), (7, 7)):
        assert b"".join(blobs.read(facts, start, stop)) == BODY[start:stop]


def test_what_another_repository_holds_is_unknown_here(access: Access, owner: User) -> None:
    other = content.repository(owner, "other")
    push_blob(other, BODY)
    with pytest.raises(BlobUnknown):
        blobs.find(access.repository, DIGEST)
    with pytest.raises(BlobUnknown):
        blobs.unlink(access, DIGEST)


def test_a_blob_whose_object_is_not_whole_is_never_served(access: Access) -> None:
    push_blob(access, b"0123456789")
    facts = blobs.find(access.repository, digests.compute(b"0123456789"))
    file = store().root / "data" / facts.storage_key[:2] / facts.storage_key  # type: ignore[attr-defined]
    file.write_bytes(b"01234")
    with pytest.raises(StorageUnavailable):
        blobs.read(facts)
    file.unlink()
    with pytest.raises(StorageUnavailable):
        blobs.read(facts)
    file.write_bytes(b"0123456789")


@pytest.mark.parametrize("named", [True, False])
def test_mounting_links_what_the_caller_may_pull(access: Access, owner: User, named: bool) -> None:
    other = content.repository(owner, "other", private=True)
    push_blob(other, BODY)
    assert blobs.mount(access, DIGEST, source=other if named else None)
    assert b"".join(blobs.read(blobs.find(access.repository, DIGEST))) == BODY
    assert Blob.objects.count() == 1
    assert blobs.mount(access, DIGEST, source=other)


def test_mounting_from_a_public_repository_of_somebody_else(access: Access, owner: User, outsider: User) -> None:
    theirs = content.repository(outsider, "theirs")
    push_blob(theirs, BODY)
    source = content.access(owner, theirs.repository.full_name, Action.PULL)
    assert blobs.mount(access, DIGEST, source=source)


def test_knowing_a_digest_gives_nothing_of_what_the_caller_may_not_pull(access: Access, outsider: User) -> None:
    push_blob(content.repository(outsider, "private", private=True), BODY)
    assert not blobs.mount(access, DIGEST, source=None)
    with pytest.raises(BlobUnknown):
        blobs.find(access.repository, DIGEST)


def test_what_is_not_there_is_not_mounted(access: Access, owner: User) -> None:
    assert not blobs.mount(access, DIGEST, source=None)
    assert not blobs.mount(access, DIGEST, source=content.repository(owner, "empty"))


def test_a_mount_beyond_the_limit_is_refused_whole(access: Access, outsider: User) -> None:
    push_blob(content.repository(outsider, "theirs"), BODY)
    limit(access.repository.namespace, 1000)
    with pytest.raises(QuotaExceeded):
        blobs.mount(access, DIGEST, source=None)
    with pytest.raises(BlobUnknown):
        blobs.find(access.repository, DIGEST)


def test_who_may_only_pull_neither_mounts_nor_takes_out(access: Access, outsider: User) -> None:
    push_blob(access, BODY)
    reader = content.access(outsider, access.repository.full_name, Action.PULL)
    with pytest.raises(AccessDenied):
        blobs.mount(reader, DIGEST, source=None)
    with pytest.raises(AccessDenied):
        blobs.unlink(reader, DIGEST)


def test_taking_a_blob_out_leaves_other_repositories_alone(access: Access, owner: User) -> None:
    other = content.repository(owner, "other")
    for home in (access, other):
        push_blob(home, BODY)
    blobs.unlink(access, DIGEST)
    with pytest.raises(BlobUnknown):
        blobs.find(access.repository, DIGEST)
    with pytest.raises(BlobUnknown):
        blobs.unlink(access, DIGEST)
    assert b"".join(blobs.read(blobs.find(other.repository, DIGEST))) == BODY
    push_blob(access, BODY)
    assert blobs.find(access.repository, DIGEST).size == len(BODY)


def test_a_part_of_an_image_is_not_taken_out_until_the_image_is_deleted(access: Access) -> None:
    push_image(access, "one", layers=[BODY])
    with pytest.raises(BlobReferenced):
        blobs.unlink(access, DIGEST)
    tags.remove(access, "one")
    blobs.unlink(access, DIGEST)  # it is out already
    with pytest.raises(BlobUnknown):
        blobs.find(access.repository, DIGEST)
    assert quotas.usage_of(access.repository.namespace).used == 0


def test_a_blob_pushed_again_under_a_deleted_image_can_be_taken_out(access: Access) -> None:
    push_image(access, "one", layers=[BODY])
    tags.remove(access, "one")
    push_blob(access, BODY)
    assert quotas.usage_of(access.repository.namespace).used == len(BODY)
    blobs.unlink(access, DIGEST)
    assert quotas.usage_of(access.repository.namespace).used == 0
    push_image(access, "one", layers=[BODY])
    assert blobs.find(access.repository, DIGEST).size == len(BODY)


@pytest.mark.django_db(transaction=True)
def test_mounting_into_a_repository_that_was_just_deleted_finds_none(access: Access, owner: User) -> None:
    other = content.repository(owner, "other")
    push_blob(other, BODY)
    catalog.delete(access, confirm=access.repository.full_name)
    with pytest.raises(RepositoryUnknown):
        blobs.mount(access, DIGEST, source=other)


@pytest.mark.django_db(transaction=True)
def test_many_mounts_at_once_make_one_link(access: Access, owner: User) -> None:
    other = content.repository(owner, "other")
    push_blob(other, BODY)
    assert together([lambda: blobs.mount(access, DIGEST, source=other)] * 5) == [True] * 5
    assert BlobLink.objects.filter(repository=access.repository).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_mount_of_what_is_being_collected_finds_nothing(access: Access, outsider: User) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets nobody in while a collector works")
    theirs = content.repository(outsider, "theirs")
    push_blob(theirs, BODY)

    def take() -> None:
        blobs.unlink(theirs, DIGEST)
        blob = Blob.objects.select_for_update().get()
        BlobReview.objects.all().delete()
        Trash.objects.create(storage_key=blob.storage_key, size=blob.size, not_before=timezone.now())
        blob.delete()

    with underway(take):
        assert not blobs.mount(access, DIGEST, source=None)
