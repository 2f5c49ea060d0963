"""Cases 87 to 93: what goes, what stays, and a collector that runs beside pushes."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from functools import partial
from uuid import uuid4

import pytest

from tests.documents import EMPTY, image, index
from tests.live import Hub
from tests.make.threads import all_together
from tests.registry import ABSENT, OCI_INDEX, OCI_LAYER, OCI_MANIFEST, Registry, descriptor, digest_of, expect


def tags(client: Registry, repository: str) -> list[str]:
    found: list[str] = expect(client.get(f"/v2/{repository}/tags/list"), 200).json()["tags"]
    return found


def test_case_087_a_tag_goes_alone(owner: Registry, public: str) -> None:
    pushed = owner.push_image(public, "1", "2")
    expect(owner.delete(f"/v2/{public}/manifests/1"), 202)
    expect(owner.head(f"/v2/{public}/manifests/1"), 404)
    assert tags(owner, public) == ["2"]
    for reference in ("2", pushed.digest):
        assert owner.pull_image(public, reference) == pushed
    expect(owner.delete(f"/v2/{public}/manifests/2"), 202)
    assert owner.pull_image(public, pushed.digest) == pushed


def test_case_088_a_digest_goes_with_all_its_tags(owner: Registry, public: str) -> None:
    pushed, other = owner.push_image(public, "1", "2"), owner.push_image(public, "3", layers=(b"other",))
    expect(owner.delete(f"/v2/{public}/manifests/{pushed.digest}"), 202)
    for reference in ("1", "2", pushed.digest):
        for method in ("GET", "HEAD"):
            expect(owner.request(method, f"/v2/{public}/manifests/{reference}"), 404)
    assert tags(owner, public) == ["3"]
    assert owner.pull_image(public, "3") == other


def test_case_089_what_is_not_there_cannot_be_deleted(owner: Registry, public: str) -> None:
    pushed = owner.push_image(public, "1")
    for reference in ("none", ABSENT):
        expect(owner.delete(f"/v2/{public}/manifests/{reference}"), 404, "MANIFEST_UNKNOWN")
        expect(owner.delete(f"/v2/{public}-never/manifests/{reference}"), 404, "NAME_UNKNOWN")
    expect(owner.delete(f"/v2/{public}/blobs/{ABSENT}"), 404, "BLOB_UNKNOWN")
    for reference in ("1", pushed.digest):
        expect(owner.delete(f"/v2/{public}/manifests/{reference}"), 202)
        expect(owner.delete(f"/v2/{public}/manifests/{reference}"), 404, "MANIFEST_UNKNOWN")


def test_case_090_a_part_of_an_index_stays_as_long_as_the_index(owner: Registry, repository: str) -> None:
    """Both answers are right; this hub keeps what a living index lists, so that nobody pulls half of one."""
    assert owner.push_manifest(repository, "child", image()).status_code == 201
    body = owner.get(f"/v2/{repository}/manifests/child").content
    expect(owner.push_manifest(repository, "list", index(descriptor(body, OCI_MANIFEST)), OCI_INDEX), 201)
    path = f"/v2/{repository}/manifests/{digest_of(body)}"
    expect(owner.delete(path), 405, "UNSUPPORTED")
    for reference in ("list", "child", digest_of(body)):
        expect(owner.get(f"/v2/{repository}/manifests/{reference}"), 200)
    expect(owner.delete(f"/v2/{repository}/manifests/list"), 202)
    expect(owner.delete(path), 405, "UNSUPPORTED")  # the index has lost its tag, and lives
    listed = expect(owner.push_manifest(repository, "list", index(descriptor(body, OCI_MANIFEST)), OCI_INDEX), 201)
    expect(owner.delete(f"/v2/{repository}/manifests/{listed.headers['Docker-Content-Digest']}"), 202)
    expect(owner.delete(path), 202)


def test_case_091_what_is_not_to_be_deleted_is_unsupported(owner: Registry, public: str) -> None:
    """This hub has no switch that turns deleting off. What its rules keep is answered as if there were one."""
    pushed = owner.push_image(public, "1")
    for digest in pushed.blobs:
        expect(owner.delete(f"/v2/{public}/blobs/{digest}"), 405, "UNSUPPORTED")
    assert owner.pull_image(public, "1") == pushed
    for path in (f"/v2/{public}/tags/list", f"/v2/{public}/referrers/{pushed.digest}", "/v2/_catalog"):
        response = expect(owner.delete(path), 405, "UNSUPPORTED")
        assert response.headers["Allow"] == "GET, HEAD"


def test_case_092_what_was_deleted_can_be_pushed_again_at_once(owner: Registry, public: str) -> None:
    pushed = owner.push_image(public, "1", "2")
    for reference in ("1", pushed.digest, pushed.digest):
        expect(owner.delete(f"/v2/{public}/manifests/{reference}"), 202)
        expect(owner.head(f"/v2/{public}/manifests/{reference}"), 404)
        assert owner.push_image(public, "1", "2") == pushed
        assert owner.pull_image(public, "1") == pushed
        assert tags(owner, public) == ["1", "2"]
    expect(owner.delete(f"/v2/{public}/manifests/{pushed.digest}"), 202)
    for digest, content in pushed.blobs.items():
        for _ in range(2):
            assert owner.push_blob(public, content) == digest
            expect(owner.delete(f"/v2/{public}/blobs/{digest}"), 202)
            expect(owner.head(f"/v2/{public}/blobs/{digest}"), 404)
        assert owner.push_blob(public, content) == digest
        assert owner.get(f"/v2/{public}/blobs/{digest}").content == content


COLLECTING = """
import time
from datetime import timedelta
from repositories.upkeep import garbage
for _ in range(25):
    garbage.collect(grace={grace})
    time.sleep(0.05)  # SQLite serves writers in no order: let those who push have their turn
"""


@pytest.mark.parametrize("grace", ["None", "timedelta(0)"])
def test_case_093_no_collector_takes_what_a_push_was_told_is_here(hub: Hub, owner: Registry, grace: str) -> None:
    """Two push and delete the same content while a collector goes round and round.

    With its grace, no push ever fails. Without, the collector may take a blob before its manifest comes: then the
    push of the manifest says which, and the client sends it again. What was answered with 201 is whole either way.
    """
    shared, over = os.urandom(20_000), threading.Event()
    names = [f"olga/collected-{uuid4().hex[:8]}" for _ in range(2)]
    clients = [Registry(hub.url, owner.credentials) for _ in names]

    def collect() -> int:
        try:
            hub.python(COLLECTING.format(grace=grace))
        finally:
            over.set()
        return 0

    pushes = [partial(churn, client, name, shared, over) for client, name in zip(clients, names, strict=True)]
    acts: list[Callable[[], int]] = [collect, *pushes]
    refused = sum(all_together(acts))
    assert refused == 0 or grace != "None"
    for client, name in zip(clients, names, strict=True):
        assert list(client.pull_image(name, "kept").blobs.values()) == [EMPTY, shared]


def churn(client: Registry, name: str, shared: bytes, over: threading.Event) -> int:
    """Push an image, pull it, delete it, until the collecting is over; returns how often a manifest was refused."""
    refused = rounds = 0
    while True:
        last = over.is_set()
        for content in (EMPTY, shared):
            if client.head(f"/v2/{name}/blobs/{digest_of(content)}").status_code == 404:
                client.push_blob(name, content)
        document = image(layers=[descriptor(shared, OCI_LAYER)], annotations={"round": str(rounds)})
        response = client.push_manifest(name, "kept", document)
        if response.status_code != 201:
            expect(response, 400, "MANIFEST_BLOB_UNKNOWN")
            refused += 1
            continue
        rounds += 1
        pulled = client.pull_image(name, "kept")
        assert list(pulled.blobs.values()) == [EMPTY, shared]
        if last:
            return refused
        expect(client.delete(f"/v2/{name}/manifests/{digest_of(pulled.manifest)}"), 202)
