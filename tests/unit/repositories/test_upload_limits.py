"""Uploads against limits: of one blob, of the namespace, of the disk."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from repositories import quotas, uploads
from repositories.access import Access
from repositories.errors import (
    BlobTooLarge,
    QuotaExceeded,
    StorageUnavailable,
    TooManyUploads,
    UploadUnknown,
)
from repositories.models import Blob, Upload
from repositories.oci import digests
from tests.unit.repositories.builders import BODY, DIGEST, Interrupted, Pieces, append, limit, push_blob, stored

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("audited")]


def test_a_blob_beyond_the_limit_is_refused_announced_or_not(access: Access, settings: Settings) -> None:
    settings.HUB_MAX_BLOB_BYTES = 1000
    session = uploads.start(access)
    with pytest.raises(BlobTooLarge):
        uploads.append(access, session.id, io.BytesIO(BODY[:10]), length=1001, start=None)
    with pytest.raises(BlobTooLarge):
        uploads.append(access, session.id, Pieces(BODY[:900], BODY[900:1001]), length=None, start=None)
    assert uploads.status(access, session.id).offset == 0
    uploads.finish(access, session.id, digests.compute(BODY[:1000]), stream=io.BytesIO(BODY[:1000]), length=1000)


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


# -- Sessions at once


def test_there_is_an_end_to_the_sessions_of_one_user(access: Access, settings: Settings) -> None:
    settings.HUB_MAX_UPLOADS = 2
    first, _ = uploads.start(access), uploads.start(access)
    with pytest.raises(TooManyUploads):
        uploads.start(access)
    uploads.cancel(access, first.id)
    uploads.start(access)


def test_a_session_that_was_left_alone_gives_way(access: Access, settings: Settings) -> None:
    settings.HUB_MAX_UPLOADS = 2
    left, busy = uploads.start(access), uploads.start(access)
    long_ago = timezone.now() + settings.HUB_UPLOAD_TTL - timedelta(hours=2)
    writing = timezone.now() + timedelta(seconds=20)
    Upload.objects.update(expires_at=long_ago)
    Upload.objects.filter(pk=busy.id).update(lease_until=writing)
    uploads.start(access)
    with pytest.raises(UploadUnknown):
        uploads.status(access, left.id)
    assert uploads.status(access, busy.id).offset == 0
    with pytest.raises(TooManyUploads):
        uploads.start(access)
