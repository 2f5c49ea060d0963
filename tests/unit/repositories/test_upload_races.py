"""Uploads that several requests want at once: bytes never mix, content is never lost."""

from __future__ import annotations

import io
import threading
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from repositories import blobs, failpoints, quotas, uploads
from repositories.access import Access
from repositories.errors import (
    UploadBusy,
    UploadUnknown,
)
from repositories.failpoints import Point
from repositories.models import Blob, BlobLink, BlobReview, Trash, Upload
from repositories.oci import digests
from repositories.storage import store
from tests.make.threads import together
from tests.unit.repositories.builders import BODY, DIGEST, Interrupted, append, limit, push_blob, stored
from tests.unit.repositories.builders import content as body_of
from tests.unit.repositories.races import underway

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("audited")]


def frozen(session_id: str) -> None:
    """The session's writer has not been heard of for longer than its lease."""
    Upload.objects.filter(pk=session_id).update(lease_until=timezone.now() - timedelta(seconds=1))


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


def test_an_upload_that_is_cancelled_while_it_is_finished_becomes_no_blob(
    access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its object is on its way out: a blob that names it would lose its bytes."""
    session = append(access, uploads.start(access), BODY)

    def cancel(point: Point) -> None:
        if point == "blob.synced":
            uploads.cancel(access, session.id)

    monkeypatch.setattr(failpoints, "act", cancel)
    with pytest.raises(UploadUnknown):
        uploads.finish(access, session.id, DIGEST)
    assert not Blob.objects.exists()
    assert Trash.objects.get().storage_key == session.id


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
def test_of_two_that_finish_one_session_one_does_and_the_other_hears_of_it_or_of_the_crowd(access: Access) -> None:
    session = append(access, uploads.start(access), BODY)
    ends = together([lambda: uploads.finish(access, session.id, DIGEST)] * 2)
    assert DIGEST in ends
    assert all(isinstance(end, (digests.Digest, UploadBusy, UploadUnknown)) for end in ends)
    assert stored(access) == BODY
    assert quotas.usage_of(access.repository.namespace).used == len(BODY)
    assert not Trash.objects.exists()


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
