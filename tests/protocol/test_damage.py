"""Bytes that changed on the disk: found, told, never served knowingly, healed by a push; over a real hub."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.live import Hub, running
from tests.make.damage import flip, object_file
from tests.registry import WAYS, Registry, digest_of, expect

#: One that is sent in one block, and one of several.
SMALL, LARGE = 5_000, 3_000_000


@pytest.fixture(scope="module")
def frail() -> Iterator[Hub]:
    """A hub whose files are damaged here."""
    with running() as started:
        yield started


@pytest.fixture(scope="module")
def wary() -> Iterator[Hub]:
    """As `frail`, and it verifies what it sends."""
    with running(HUB_VERIFY_READS="1") as started:
        yield started


def owner_of(hub: Hub) -> tuple[Registry, str]:
    """The owner, and a name for a public repository."""
    found = Registry(hub.url, hub.people["owner"].credentials)
    return found, f"olga/damaged-{uuid4().hex[:12]}"


def keys_of(hub: Hub) -> dict[str, str]:
    """The storage key of each blob, by digest."""
    code = "import json; from repositories.models import Blob; "
    rows = "{str(digest): key for digest, key in Blob.objects.values_list('digest', 'storage_key')}"
    found: dict[str, str] = json.loads(hub.python(f"{code}print(json.dumps({rows}))"))
    return found


def file_of(hub: Hub, digest: str) -> Path:
    return object_file(hub.data_dir / "blobs", keys_of(hub)[digest])


def command(hub: Hub, *args: str) -> tuple[int, str]:
    done = hub.attempt(sys.executable, "manage.py", *args)
    return done.returncode, done.stdout


@pytest.mark.parametrize("way", WAYS)
def test_a_flipped_bit_is_found_told_hidden_and_healed_by_a_push(frail: Hub, way: str) -> None:
    owner, name = owner_of(frail)
    content = os.urandom(SMALL)
    digest = digest_of(content)
    owner.push_image(name, "1.0", layers=(content,))
    flip(file_of(frail, digest))
    assert digest_of(owner.get(f"/v2/{name}/blobs/{digest}").content) != digest  # nobody knows yet but the client

    code, said = command(frail, "scrub", "--all")
    assert code == 1
    assert f"damaged {digest}: part of {name}:1.0" in said.splitlines()
    assert "damaged=1" in said.splitlines()[-1]

    nobody = Registry(frail.url)
    expect(nobody.get(f"/v2/{name}/blobs/{digest}"), 503, "UNAVAILABLE")
    expect(nobody.get(f"/v2/{name}/blobs/{digest}", Range="bytes=0-9"), 503, "UNAVAILABLE")
    expect(nobody.head(f"/v2/{name}/blobs/{digest}"), 503)
    expect(owner.head(f"/v2/{name}/blobs/{digest}"), 404)  # who may push is told to push
    expect(owner.post(f"/v2/{name}-copy/blobs/uploads/?mount={digest}&from={name}"), 202)
    assert command(frail, "audit_storage")[0] == 1

    owner.push_blob(name, content, way=way)
    assert nobody.pull_image(name, "1.0").blobs[digest] == content
    assert command(frail, "scrub", "--all")[0] == 0
    assert command(frail, "audit_storage", "--repair")[0] == 0


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_a_blob_of_another_size_is_never_served(frail: Hub, size: int) -> None:
    owner, name = owner_of(frail)
    content = os.urandom(size)
    digest = owner.push_blob(name, content)
    file = file_of(frail, digest)
    with file.open("ab") as grown:
        grown.write(b"x")
    for _ in range(2):
        expect(Registry(frail.url).get(f"/v2/{name}/blobs/{digest}"), 503, "UNAVAILABLE")
    expect(owner.head(f"/v2/{name}/blobs/{digest}"), 404)
    owner.push_blob(name, content)
    assert owner.get(f"/v2/{name}/blobs/{digest}").content == content


def test_a_blob_whose_file_is_gone_is_no_unknown_blob(frail: Hub) -> None:
    owner, name = owner_of(frail)
    content = os.urandom(SMALL)
    digest = owner.push_blob(name, content)
    file_of(frail, digest).unlink()
    expect(owner.get(f"/v2/{name}/blobs/{digest}"), 503, "UNAVAILABLE")
    code, said = command(frail, "audit_storage", "--repair")
    assert code == 1
    assert said.startswith(f"row_without_object digest={digest} ")
    expect(owner.head(f"/v2/{name}/blobs/{digest}"), 404)
    owner.push_blob(name, content)
    assert command(frail, "audit_storage")[0] == 0


def test_right_blobs_pass_a_hub_that_verifies(wary: Hub) -> None:
    owner, name = owner_of(wary)
    for size in (0, 1, 256 * 1024, 256 * 1024 + 1, LARGE):
        content = os.urandom(size)
        digest = owner.push_blob(name, content, algorithm="sha512" if size == 1 else "sha256")
        assert expect(owner.get(f"/v2/{name}/blobs/{digest}"), 200).content == content
        if size:
            assert expect(owner.get(f"/v2/{name}/blobs/{digest}", Range="bytes=0-0"), 206).content == content[:1]


def test_a_small_damaged_blob_is_refused_by_a_hub_that_verifies(wary: Hub) -> None:
    owner, name = owner_of(wary)
    digest = owner.push_blob(name, os.urandom(SMALL))
    flip(file_of(wary, digest))
    expect(owner.get(f"/v2/{name}/blobs/{digest}"), 503, "UNAVAILABLE")
    expect(owner.head(f"/v2/{name}/blobs/{digest}"), 404)


def test_a_large_damaged_blob_breaks_off_before_its_end(wary: Hub) -> None:
    owner, name = owner_of(wary)
    content = os.urandom(LARGE)
    digest = owner.push_blob(name, content)
    flip(file_of(wary, digest))
    status, received = broken_off(owner, f"/v2/{name}/blobs/{digest}")
    assert status == 200
    assert 0 < received < LARGE
    expect(owner.get(f"/v2/{name}/blobs/{digest}"), 503, "UNAVAILABLE")
    owner.push_blob(name, content)
    assert owner.get(f"/v2/{name}/blobs/{digest}").content == content


def broken_off(client: Registry, path: str) -> tuple[int, int]:
    """Status, and how many bytes came before the end or the break."""
    received = 0
    with client.http.stream("GET", path, headers=client.bearer) as response:
        try:
            for block in response.iter_raw():
                received += len(block)
        except httpx.TransportError:
            return response.status_code, received
    assert response.status_code != 200, "a damaged blob came whole"
    return response.status_code, received


_PUSH = """
import json
from accounts.models import User
from tests.make import content
from tests.unit.repositories.builders import content as body_of, push_blob
access = content.repository(User.objects.get(username="olga"), "thousand")
bodies = [body_of(700_000 if number % 50 == 0 else 1 + 37 * number % 5000, number) for number in range(1100)]
print(json.dumps([str(push_blob(access, body)) for body in bodies]))
"""


def test_a_hub_that_verifies_serves_none_of_a_thousand_flipped_bits_whole(wary: Hub) -> None:
    assert wary.people
    pushed = json.loads(wary.python(_PUSH))
    damaged, right = pushed[:1000], pushed[1000:]
    keys = keys_of(wary)
    for digest in damaged:
        flip(object_file(wary.data_dir / "blobs", keys[digest]), digest)
    reader = Registry(wary.url)
    answers = {digest: whole_or_not(reader, f"/v2/olga/thousand/blobs/{digest}") for digest in pushed}
    assert {answers[digest] for digest in damaged} == {"503", "RemoteProtocolError"}
    assert [digest for digest in right if answers[digest] != digest] == []


def whole_or_not(client: Registry, path: str) -> str:
    """The digest of a body that came whole, otherwise the error."""
    try:
        response = client.get(path)
    except httpx.TransportError as error:
        return type(error).__name__
    return digest_of(response.content) if response.status_code == 200 else str(response.status_code)
