"""end-9 and what becomes of the bytes: a tag goes alone, a digest with its tags."""

from __future__ import annotations

from uuid import uuid4

from tests.live import Hub
from tests.registry import Registry, expect


def test_a_tag_goes_alone(owner: Registry, public: str) -> None:
    pushed = owner.push_image(public, "1", "2")
    expect(owner.delete(f"/v2/{public}/manifests/1"), 202)
    expect(owner.head(f"/v2/{public}/manifests/1"), 404)
    expect(owner.delete(f"/v2/{public}/manifests/1"), 404, "MANIFEST_UNKNOWN")
    assert owner.pull_image(public, "2") == pushed
    assert owner.pull_image(public, pushed.digest) == pushed


def test_a_digest_goes_with_its_tags_and_comes_back(owner: Registry, public: str) -> None:
    pushed = owner.push_image(public, "1", "2")
    expect(owner.delete(f"/v2/{public}/manifests/{pushed.digest}"), 202)
    for reference in ("1", "2", pushed.digest):
        expect(owner.head(f"/v2/{public}/manifests/{reference}"), 404)
    assert owner.get(f"/v2/{public}/tags/list").json()["tags"] == []
    expect(owner.delete(f"/v2/{public}/manifests/{pushed.digest}"), 404, "MANIFEST_UNKNOWN")
    assert owner.push_image(public, "1", "2") == pushed
    assert owner.pull_image(public, "2") == pushed


def test_an_image_is_deleted_part_by_part(owner: Registry, writer: Registry, private: str) -> None:
    """Its blobs went from view with the manifest; deleting them after it is no error, and changes nothing."""
    pushed = owner.push_image(private, "1")
    for digest in pushed.blobs:
        expect(owner.delete(f"/v2/{private}/blobs/{digest}"), 405, "UNSUPPORTED")
    expect(owner.delete(f"/v2/{private}/manifests/{pushed.digest}"), 202)
    for digest in pushed.blobs:
        expect(writer.delete(f"/v2/{private}/blobs/{digest}"), 401, "UNAUTHORIZED")
        expect(owner.head(f"/v2/{private}/blobs/{digest}"), 404)
        expect(owner.delete(f"/v2/{private}/blobs/{digest}"), 202)
        expect(owner.head(f"/v2/{private}/blobs/{digest}"), 404)
    assert owner.push_image(private, "1") == pushed


def test_who_may_push_may_not_delete(owner: Registry, writer: Registry, reader: Registry, private: str) -> None:
    pushed = owner.push_image(private, "1")
    for client in (writer, reader):
        for reference in ("1", pushed.digest):
            expect(client.delete(f"/v2/{private}/manifests/{reference}"), 401, "UNAUTHORIZED")
    assert writer.pull_image(private, "1") == pushed


def test_deleting_frees_bytes_and_collecting_frees_the_disk(hub: Hub, owner: Registry) -> None:
    name = f"olga/freed-{uuid4().hex[:8]}"
    pushed = owner.push_image(name, "1", layers=(uuid4().bytes * 1000,))
    expect(owner.delete(f"/v2/{name}/manifests/{pushed.digest}"), 202)
    report = hub.manage("collect_garbage", "--grace", "0")
    assert report.startswith("freed ")
    for digest in pushed.blobs:
        expect(owner.head(f"/v2/{name}/blobs/{digest}"), 404)
    assert owner.push_image(name, "1", layers=(pushed.blobs[list(pushed.blobs)[1]],)) == pushed
