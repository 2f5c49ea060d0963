"""An object store that goes wrong: a push fails with a clear answer or has truly succeeded, whatever happens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

import pytest

from tests import faulty_s3
from tests.faulty_s3 import ERROR_IN_200, FAULTS, GARBAGE, HANG, LOSE_REPLY, OPERATIONS, FaultyStore
from tests.live import Hub, running
from tests.registry import Registry, digest_of, expect
from tests.unit.repositories.builders import content

MIB = 2**20
#: One object that is put, and one that comes in parts and leaves a tail.
SIZES = [1000, 9 * MIB]
ALWAYS = 10**9
#: A store that says it has what it has not: the session is over, once is enough.
LIES = {ERROR_IN_200, GARBAGE}


@dataclass(frozen=True, slots=True)
class Broken:
    hub: Hub
    store: FaultyStore


@pytest.fixture(scope="module")
def broken() -> Iterator[Broken]:
    with faulty_s3.running() as store, running(**store.settings("hub")) as hub:
        yield Broken(hub, store)


def push(mine: Registry, body: bytes) -> int:
    """As the Docker engine does: POST, PATCH, PUT. Returns the last status."""
    answer = mine.post("/v2/olga/faults/blobs/uploads/")
    if answer.status_code == 202:
        answer = mine.patch(answer.headers["Location"], body)
    if answer.status_code == 202:
        answer = mine.put(f"{answer.headers['Location']}?digest={digest_of(body)}")
    return answer.status_code


def check_pushes(broken: Broken, operation: str, fault: str, times: int) -> None:
    mine = Registry(broken.hub.url, broken.hub.people["owner"].credentials)
    for size in SIZES:
        body = content(size, uuid4())
        path = f"/v2/olga/faults/blobs/{digest_of(body)}"
        broken.store.fail(operation, fault, times)
        status = push(mine, body)
        struck = broken.store.heal()
        assert status == 201 or struck, "refused without a reason"
        if status == 201:
            assert mine.get(path).content == body
            continue
        assert status == 503 or (status == 404 and fault in LIES), f"{operation}, {fault}: {status}"
        assert times == ALWAYS or fault in LIES, f"{fault} once at {operation} is no reason to give up"
        expect(mine.get(path), 404, "BLOB_UNKNOWN")
        assert push(mine, body) == 201
        assert mine.get(path).content == body


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_goes_wrong_once_is_overcome(broken: Broken, operation: str, fault: str) -> None:
    check_pushes(broken, operation, fault, 1)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_stays_wrong_is_said_and_nothing_is_promised(broken: Broken, operation: str, fault: str) -> None:
    check_pushes(broken, operation, fault, ALWAYS)


@pytest.mark.timeout(240)
def test_a_store_that_does_not_answer_is_given_up(broken: Broken) -> None:
    check_pushes(broken, "UploadPart", HANG, ALWAYS)


def test_a_completion_whose_answers_are_all_lost_is_a_success(broken: Broken) -> None:
    mine = Registry(broken.hub.url, broken.hub.people["owner"].credentials)
    body = content(9 * MIB, uuid4())
    broken.store.fail("CompleteMultipartUpload", LOSE_REPLY, ALWAYS)
    assert push(mine, body) == 201
    broken.store.heal()
    assert mine.get(f"/v2/olga/faults/blobs/{digest_of(body)}").content == body


def test_nothing_stays_when_it_was_collected(broken: Broken) -> None:
    """Whatever the failed pushes left goes through the trash."""
    for operation in ("UploadPart", "CompleteMultipartUpload", "PutObject"):
        check_pushes(broken, operation, faulty_s3.ERROR, ALWAYS)
    broken.hub.python(
        "from repositories.models import Upload; from django.utils import timezone\n"
        "Upload.objects.update(expires_at=timezone.now(), lease_until=timezone.now())"
    )
    broken.hub.manage("collect_garbage", "--grace", "0")
    assert broken.store.objects == {}
    assert broken.store.uploads == {}
