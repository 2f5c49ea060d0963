"""Uploads: whole, in pieces, broken off; afterwards rows and files always agree."""

from __future__ import annotations

import io

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from repositories import blobs, catalog, uploads
from repositories.access import Access, Action
from repositories.errors import (
    AccessDenied,
    BlobUnknown,
    DigestInvalid,
    RangeInvalid,
    RepositoryUnknown,
    SizeInvalid,
    StorageUnavailable,
    UploadUnknown,
)
from repositories.models import Blob, BlobLink, Trash, Upload
from repositories.oci import digests
from tests.make import content, people
from tests.unit.repositories.builders import BODY, DIGEST, Pieces, append, push_blob, stored

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("audited")]


def test_a_whole_body_in_one_request_becomes_a_blob(access: Access) -> None:
    session = uploads.start(access)
    assert uploads.finish(access, session.id, DIGEST, stream=io.BytesIO(BODY), length=len(BODY)) == DIGEST
    assert stored(access) == BODY
    assert not Upload.objects.exists()
    assert not Trash.objects.exists()


def test_a_body_streams_without_a_length_and_is_finished_without_a_body(access: Access) -> None:
    session = uploads.start(access)
    session = uploads.append(
        access, session.id, Pieces(BODY[:3], BODY[3:600_000], BODY[600_000:]), length=None, start=None
    )
    assert session.offset == len(BODY)
    uploads.finish(access, session.id, DIGEST)
    assert stored(access) == BODY


def test_chunks_in_order_become_one_blob(access: Access) -> None:
    session = uploads.start(access)
    for start in range(0, 600_000, 200_000):
        assert uploads.status(access, session.id).offset == start
        session = append(access, session, BODY[start : start + 200_000], start)
    uploads.finish(access, session.id, DIGEST, stream=io.BytesIO(BODY[600_000:]), length=100_001, start=600_000)
    assert stored(access) == BODY


def test_zero_bytes_are_a_blob_too(access: Access) -> None:
    empty = digests.compute(b"")
    assert push_blob(access, b"") == empty
    session = uploads.start(access)
    session = append(access, session, b"")
    assert session.offset == 0
    uploads.finish(access, session.id, empty)
    assert stored(access, empty) == b""
    assert Blob.objects.get().size == 0


def test_an_empty_piece_at_the_end_changes_nothing(access: Access) -> None:
    session = append(access, uploads.start(access), BODY)
    uploads.finish(access, session.id, DIGEST, stream=io.BytesIO(b""), length=0)
    assert stored(access) == BODY


@pytest.mark.parametrize("announced", ["sha256", "sha512"])
def test_sha512_is_checked_whether_it_was_announced_or_not(access: Access, announced: str) -> None:
    digest = digests.compute(BODY, "sha512")
    session = append(access, uploads.start(access, algorithm=announced), BODY)
    uploads.finish(access, session.id, digest)
    assert stored(access, digest) == BODY


def test_an_unknown_algorithm_is_refused_at_the_start(access: Access) -> None:
    with pytest.raises(DigestInvalid):
        uploads.start(access, algorithm="md5")
    assert not Upload.objects.exists()


@pytest.mark.parametrize("in_pieces", [False, True])
def test_a_wrong_digest_ends_the_session_and_leaves_nothing(access: Access, in_pieces: bool) -> None:
    session = uploads.start(access)
    if in_pieces:
        session = append(access, session, BODY[:10])
    with pytest.raises(DigestInvalid):
        uploads.finish(access, session.id, DIGEST, stream=io.BytesIO(b"something else"), length=14)
    with pytest.raises(UploadUnknown):
        uploads.status(access, session.id)
    assert not Blob.objects.exists()
    assert Trash.objects.get().not_before <= timezone.now()


def test_a_short_body_keeps_what_came_and_can_be_continued(access: Access) -> None:
    session = uploads.start(access)
    with pytest.raises(SizeInvalid):
        uploads.append(access, session.id, io.BytesIO(BODY[:1000]), length=5000, start=0)
    assert uploads.status(access, session.id).offset == 1000
    append(access, session, BODY[1000:], 1000)
    uploads.finish(access, session.id, DIGEST)
    assert stored(access) == BODY


def test_a_client_that_goes_away_leaves_its_bytes_in_the_session(access: Access) -> None:
    session = uploads.start(access)
    broken = Pieces(BODY[:300_000], ConnectionResetError())
    with pytest.raises(SizeInvalid):
        uploads.append(access, session.id, broken, length=len(BODY), start=None)
    assert uploads.status(access, session.id).offset == 300_000
    uploads.finish(access, session.id, DIGEST, stream=io.BytesIO(BODY[300_000:]), length=400_001, start=300_000)
    assert stored(access) == BODY


def test_a_short_last_piece_does_not_finish_but_may_be_continued(access: Access) -> None:
    session = uploads.start(access)
    with pytest.raises(SizeInvalid):
        uploads.finish(access, session.id, DIGEST, stream=io.BytesIO(BODY[:9]), length=len(BODY))
    assert not Blob.objects.exists()
    uploads.finish(access, session.id, DIGEST, stream=io.BytesIO(BODY[9:]), length=len(BODY) - 9, start=9)
    assert stored(access) == BODY


@pytest.mark.parametrize("start", [0, 4, 6])
def test_a_piece_out_of_order_is_refused_and_the_session_lives(access: Access, start: int) -> None:
    session = append(access, uploads.start(access), BODY[:5])
    with pytest.raises(RangeInvalid) as refused:
        append(access, session, BODY[start:], start)
    assert refused.value.offset == 5
    append(access, session, BODY[5:], 5)
    uploads.finish(access, session.id, DIGEST)
    assert stored(access) == BODY


def test_a_session_is_its_owners_in_its_repository_only(access: Access, owner: User) -> None:
    colleague = people.user()
    club = people.organization(None, owner)
    people.member(club, colleague, Role.EDITOR)
    ours = content.repository(owner, "ours", namespace=club.name)
    session = uploads.start(ours)
    theirs = content.access(colleague, f"{club.name}/ours")
    for other in (theirs, access):
        for act in (
            lambda other=other: uploads.status(other, session.id),
            lambda other=other: append(other, session, b"x"),
            lambda other=other: uploads.finish(other, session.id, DIGEST),
            lambda other=other: uploads.cancel(other, session.id),
        ):
            with pytest.raises(UploadUnknown):
                act()
    assert uploads.status(ours, session.id).offset == 0


@pytest.mark.parametrize("name", ["", "x", "00000000-0000-0000-0000-000000000000", "\x00", "é" * 36])
def test_no_session_answers_to_a_strange_name(access: Access, name: str) -> None:
    with pytest.raises(UploadUnknown):
        uploads.status(access, name)


def test_who_may_only_pull_may_not_upload(access: Access, outsider: User) -> None:
    reader = content.access(outsider, access.repository.full_name, Action.PULL)
    with pytest.raises(AccessDenied):
        uploads.start(reader)


def test_a_session_is_finished_once(access: Access) -> None:
    session = append(access, uploads.start(access), BODY)
    uploads.finish(access, session.id, DIGEST)
    with pytest.raises(UploadUnknown):
        append(access, session, b"more")
    with pytest.raises(UploadUnknown):
        uploads.finish(access, session.id, digests.compute(b"something else"))


def test_finishing_again_is_a_success_while_the_blob_is_there(access: Access) -> None:
    for _ in range(2):  # the second session brings what is here already
        session = append(access, uploads.start(access), BODY)
        for _ in range(2):
            assert uploads.finish(access, session.id, DIGEST) == DIGEST
    blobs.unlink(access, DIGEST)
    with pytest.raises(UploadUnknown):
        uploads.finish(access, session.id, DIGEST)


def test_a_cancelled_session_is_gone_and_its_bytes_go_to_the_trash(access: Access) -> None:
    session = append(access, uploads.start(access), BODY)
    uploads.cancel(access, session.id)
    with pytest.raises(UploadUnknown):
        uploads.cancel(access, session.id)
    assert Trash.objects.get().size == len(BODY)


def test_a_blob_uploaded_twice_is_kept_once(access: Access, outsider: User) -> None:
    push_blob(access, BODY)
    push_blob(access, BODY)
    push_blob(content.repository(outsider, "copy"), BODY)
    assert Blob.objects.count() == 1
    assert Trash.objects.count() == 2
    assert BlobLink.objects.count() == 2


def test_a_damaged_blob_is_healed_by_the_next_upload(access: Access) -> None:
    push_blob(access, BODY)
    damaged = Blob.objects.get()
    Blob.objects.update(corrupt=True)
    with pytest.raises(StorageUnavailable):
        blobs.find(access.repository, DIGEST)
    with pytest.raises(BlobUnknown):
        blobs.find(access.repository, DIGEST, pushing=True)
    push_blob(access, BODY)
    assert stored(access) == BODY
    assert Trash.objects.get().storage_key == damaged.storage_key


@pytest.mark.django_db(transaction=True)
def test_an_upload_into_a_repository_that_was_just_deleted_finds_no_repository(access: Access) -> None:
    session = append(access, uploads.start(access), BODY)
    catalog.delete(access, confirm=access.repository.full_name)
    with pytest.raises(RepositoryUnknown):
        uploads.start(access)
    with pytest.raises(UploadUnknown):
        uploads.finish(access, session.id, DIGEST)
