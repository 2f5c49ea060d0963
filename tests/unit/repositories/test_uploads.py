"""Uploads: whole, in pieces, broken, contested; afterwards rows and files always agree."""

from __future__ import annotations

import io
import threading
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from accounts.roles import Role
from repositories import blobs, catalog, quotas, uploads
from repositories.access import Access, Action
from repositories.errors import (
    AccessDenied,
    BlobTooLarge,
    BlobUnknown,
    DigestInvalid,
    QuotaExceeded,
    RangeInvalid,
    RepositoryUnknown,
    SizeInvalid,
    StorageUnavailable,
    UploadBusy,
    UploadUnknown,
)
from repositories.models import Blob, BlobLink, BlobReview, Trash, Upload
from repositories.oci import digests
from repositories.storage import store
from tests.make import content, people
from tests.make.threads import together
from tests.unit.repositories.builders import Pieces, limit, push_blob
from tests.unit.repositories.builders import content as body_of
from tests.unit.repositories.races import underway

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("audited")]

BODY = body_of(700_001)
DIGEST = digests.compute(BODY)


@pytest.fixture
def access(owner: User) -> Access:
    return content.repository(owner, "app")


def stored(access: Access, digest: digests.Digest = DIGEST) -> bytes:
    return b"".join(blobs.read(blobs.find(access.repository, digest)))


def append(access: Access, session: uploads.Session, body: bytes, start: int | None = None) -> uploads.Session:
    return uploads.append(access, session.id, io.BytesIO(body), length=len(body), start=start)


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
        uploads.finish(access, session.id, DIGEST)
    with pytest.raises(UploadUnknown):
        append(access, session, b"more")


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


def test_a_blob_beyond_the_limit_is_refused_announced_or_not(access: Access, settings: Settings) -> None:
    settings.HUB_MAX_BLOB_BYTES = 1000
    session = uploads.start(access)
    with pytest.raises(BlobTooLarge):
        uploads.append(access, session.id, io.BytesIO(BODY[:10]), length=1001, start=None)
    with pytest.raises(BlobTooLarge):
        uploads.append(access, session.id, Pieces(BODY[:900], BODY[900:1001]), length=None, start=None)
    assert uploads.status(access, session.id).offset == 0
    uploads.finish(access, session.id, digests.compute(BODY[:1000]), stream=io.BytesIO(BODY[:1000]), length=1000)


# -- Contested sessions


def frozen(session_id: str) -> None:
    """The session's writer has not been heard of for longer than its lease."""
    Upload.objects.filter(pk=session_id).update(lease_until=timezone.now() - timedelta(seconds=1))


class Interrupted:
    """A body in two halves; between them something happens."""

    def __init__(self, act: object, first: bytes, second: bytes) -> None:
        self._act = act
        self._pieces = Pieces(first)
        self._second = Pieces(second)
        self._done = False

    def read(self, size: int, /) -> bytes:
        piece = self._pieces.read(size)
        if piece:
            return piece
        if not self._done:
            self._done = True
            self._act()  # type: ignore[operator]
        return self._second.read(size)


def test_a_second_writer_is_told_that_the_session_is_busy(access: Access) -> None:
    session = uploads.start(access)
    seen: list[type[Exception]] = []

    def intrude() -> None:
        for act in (lambda: append(access, session, b"intruder"), lambda: uploads.finish(access, session.id, DIGEST)):
            try:
                act()
            except UploadBusy as error:
                seen.append(type(error))

    uploads.append(access, session.id, Interrupted(intrude, BODY[:1000], BODY[1000:]), length=len(BODY), start=0)
    assert seen == [UploadBusy, UploadBusy]
    uploads.finish(access, session.id, DIGEST)
    assert stored(access) == BODY


def test_a_writer_that_froze_and_wakes_up_cannot_touch_what_another_finished(
    access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("repositories.intake._RENEW_EVERY", 0.0)  # as if the body had stalled for minutes
    session = uploads.start(access)

    def overtake() -> None:
        frozen(session.id)
        uploads.finish(access, session.id, DIGEST, stream=io.BytesIO(BODY), length=len(BODY))

    with pytest.raises(UploadUnknown):
        uploads.append(access, session.id, Interrupted(overtake, b"", b"poison" * 10), length=None, start=None)
    assert stored(access) == BODY


def test_a_writer_that_lost_its_session_to_another_leaves_it_alone(access: Access) -> None:
    session = uploads.start(access)

    def overtake() -> None:
        frozen(session.id)
        append(access, session, BODY)

    with pytest.raises(UploadUnknown):
        uploads.finish(access, session.id, DIGEST, stream=Interrupted(overtake, b"", b""), length=None)
    uploads.finish(access, session.id, DIGEST)
    assert stored(access) == BODY


def test_cancelling_while_a_body_streams_gives_all_room_back(access: Access, owner: User) -> None:
    limit(access.repository.namespace, 1_000_000)
    session = uploads.start(access)
    with pytest.raises(UploadUnknown):
        uploads.append(
            access, session.id, Interrupted(lambda: uploads.cancel(access, session.id), BODY[:9], BODY[9:]),
            length=None, start=None,
        )  # fmt: skip
    assert quotas.usage_of(access.repository.namespace).reserved == 0


def test_an_upload_whose_object_is_gone_is_unknown(access: Access) -> None:
    session = append(access, uploads.start(access), BODY)
    store().delete_many([Upload.objects.get().storage_key])
    with pytest.raises(UploadUnknown):
        append(access, session, b"more")
    frozen(session.id)
    with pytest.raises(UploadUnknown):
        uploads.finish(access, session.id, DIGEST)


# -- Limits of the namespace and of the disk


def test_room_is_reserved_while_a_body_streams_and_settled_when_it_is_kept(access: Access) -> None:
    namespace = access.repository.namespace
    limit(namespace, len(BODY))
    seen: list[int] = []

    def look() -> None:
        seen.append(quotas.usage_of(namespace).reserved)

    session = uploads.start(access)
    uploads.append(access, session.id, Interrupted(look, BODY[:1000], BODY[1000:]), length=len(BODY), start=0)
    assert seen == [len(BODY)]
    uploads.finish(access, session.id, DIGEST)
    usage = quotas.usage_of(namespace)
    assert (usage.used, usage.reserved) == (len(BODY), 0)


@pytest.mark.parametrize("length", [None, len(BODY)])
def test_a_body_beyond_the_limit_is_refused_and_holds_no_room(access: Access, length: int | None) -> None:
    namespace = access.repository.namespace
    limit(namespace, 500_000)
    session = uploads.start(access)
    with pytest.raises(QuotaExceeded):
        uploads.append(access, session.id, io.BytesIO(BODY), length=length, start=None)
    assert quotas.usage_of(namespace).reserved == 0
    push_blob(access, BODY[:500_000])


def test_a_kept_piece_holds_exactly_its_own_room(access: Access) -> None:
    namespace = access.repository.namespace
    limit(namespace, 500_000_000)
    session = uploads.start(access)
    uploads.append(access, session.id, Pieces(BODY[:1000]), length=None, start=None)
    assert quotas.usage_of(namespace).reserved == 1000
    uploads.cancel(access, session.id)
    assert quotas.usage_of(namespace).reserved == 0


def test_a_full_namespace_is_told_at_the_start(access: Access) -> None:
    limit(access.repository.namespace, 10)
    push_blob(access, b"0123456789")
    with pytest.raises(QuotaExceeded) as refused:
        uploads.start(access)
    assert (refused.value.rule, refused.value.used, refused.value.limit) == ("bytes", 10, 10)


def test_a_limit_set_while_a_session_runs_counts_what_it_holds(access: Access) -> None:
    session = append(access, uploads.start(access), BODY[:1000])
    limit(access.repository.namespace, 2000)
    with pytest.raises(QuotaExceeded):
        append(access, session, BODY[:1500])
    append(access, session, BODY[:1000])
    uploads.finish(access, session.id, digests.compute(BODY[:1000] * 2))


def test_content_beyond_a_limit_that_came_later_is_refused_at_the_end(access: Access) -> None:
    session = append(access, uploads.start(access), BODY)
    limit(access.repository.namespace, 2000)
    with pytest.raises(QuotaExceeded):
        uploads.finish(access, session.id, DIGEST)
    assert not Blob.objects.exists()


def test_below_the_floor_of_free_disk_nothing_is_taken_and_the_session_waits(
    access: Access, settings: Settings
) -> None:
    session = append(access, uploads.start(access), BODY[:1000])
    settings.HUB_FREE_DISK_FLOOR = 2**62
    with pytest.raises(StorageUnavailable):
        append(access, session, BODY[1000:])
    settings.HUB_FREE_DISK_FLOOR = 0
    append(access, session, BODY[1000:], 1000)
    uploads.finish(access, session.id, DIGEST)
    assert stored(access) == BODY


# -- Races


@pytest.mark.django_db(transaction=True)
def test_of_two_writers_at_once_one_is_busy_and_the_bytes_do_not_mix(access: Access) -> None:
    session = uploads.start(access)
    inside, go_on = threading.Event(), threading.Event()

    def first() -> uploads.Session:
        def pause() -> None:
            inside.set()
            assert go_on.wait(30)

        return uploads.append(access, session.id, Interrupted(pause, BODY[:1000], BODY[1000:]), length=None, start=0)

    def second() -> uploads.Session:
        assert inside.wait(30)
        try:
            return append(access, session, b"intruder")
        finally:
            go_on.set()

    outcomes = together([first, second])
    assert isinstance(outcomes[1], UploadBusy)
    uploads.finish(access, session.id, DIGEST)
    assert stored(access) == BODY


@pytest.mark.django_db(transaction=True)
def test_two_sessions_that_finish_the_same_content_make_one_blob(access: Access) -> None:
    for seed in range(5):
        body = body_of(2000, seed)
        sessions = [append(access, uploads.start(access), body) for _ in range(3)]
        digest = digests.compute(body)
        ends = together([partial(uploads.finish, access, session.id, digest) for session in sessions])
        assert ends == [digest] * 3
    assert Blob.objects.count() == BlobLink.objects.count() == 5
    assert Trash.objects.count() == 10


@pytest.mark.django_db(transaction=True)
def test_of_two_that_finish_one_session_only_one_does(access: Access) -> None:
    session = append(access, uploads.start(access), BODY)
    ends = together([lambda: uploads.finish(access, session.id, DIGEST)] * 2)
    assert ends.count(DIGEST) == 1
    assert all(isinstance(end, (digests.Digest, UploadBusy, UploadUnknown)) for end in ends)
    assert stored(access) == BODY


@pytest.mark.django_db(transaction=True)
def test_content_collected_in_the_moment_it_is_pushed_again_is_kept(access: Access) -> None:
    """The collector holds the blob's row when the push finds it: the push waits, then makes a row of its own."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets nobody in while a collector works")
    push_blob(access, BODY)
    blobs.unlink(access, DIGEST)
    session = append(access, uploads.start(access), BODY)

    def look() -> None:
        list(Blob.objects.select_for_update())

    def take() -> None:
        blob = Blob.objects.get()
        Trash.objects.create(storage_key=blob.storage_key, size=blob.size, not_before=timezone.now())
        BlobReview.objects.all().delete()
        Blob.objects.all().delete()

    with underway(look, take):
        uploads.finish(access, session.id, DIGEST)
    assert stored(access) == BODY


@pytest.mark.django_db(transaction=True)
def test_an_upload_into_a_repository_that_was_just_deleted_finds_no_repository(access: Access) -> None:
    session = append(access, uploads.start(access), BODY)
    catalog.delete(access, confirm=access.repository.full_name)
    with pytest.raises(RepositoryUnknown):
        uploads.start(access)
    with pytest.raises(UploadUnknown):
        uploads.finish(access, session.id, DIGEST)
