"""end-3, 7 and 9: manifests come back byte for byte; what contradicts itself or lists what is missing stays out."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from tests.live import Hub
from tests.registry import (
    ABSENT,
    DOCKER_MANIFEST,
    OCI_CONFIG,
    OCI_INDEX,
    OCI_LAYER,
    OCI_MANIFEST,
    Registry,
    descriptor,
    digest_of,
    expect,
    send,
    slices,
)

FOREIGN = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
EMPTY = b"{}"


def image(**changes: Any) -> dict[str, Any]:
    """A manifest whose configuration is EMPTY, without layers; None takes a field away."""
    document = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": descriptor(EMPTY, OCI_CONFIG),
        "layers": [],
        **changes,
    }
    return {name: value for name, value in document.items() if value is not None}


def index(*manifests: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": list(manifests), **changes}


@pytest.fixture
def repository(owner: Registry, public: str) -> str:
    """A public repository that holds the blob EMPTY."""
    owner.push_blob(public, EMPTY)
    return public


# -- push and pull


@pytest.mark.parametrize("accept", ["", "*/*", DOCKER_MANIFEST, "text/html"])
def test_a_manifest_comes_back_byte_for_byte(anonymous: Registry, owner: Registry, public: str, accept: str) -> None:
    pushed = owner.push_image(public, "1.0")
    for reference in ("1.0", pushed.digest):
        got = expect(anonymous.get(f"/v2/{public}/manifests/{reference}", Accept=accept), 200)
        head = expect(anonymous.head(f"/v2/{public}/manifests/{reference}", Accept=accept), 200)
        assert (got.content, head.content) == (pushed.manifest, b"")
        for response in (got, head):
            assert response.headers["Content-Type"] == OCI_MANIFEST
            assert response.headers["Docker-Content-Digest"] == pushed.digest
            assert response.headers["Content-Length"] == str(len(pushed.manifest))
            assert response.headers["ETag"] == f'"{pushed.digest}"'


def test_a_push_says_where_the_manifest_is(owner: Registry, repository: str) -> None:
    body = json.dumps(image()).encode()
    for reference in ("latest", digest_of(body), "latest"):
        response = expect(owner.push_manifest(repository, reference, body), 201)
        assert response.headers["Location"] == f"/v2/{repository}/manifests/{reference}"
        assert response.headers["Docker-Content-Digest"] == digest_of(body)
        assert not response.content


def test_a_tag_moves_and_the_old_manifest_stays(owner: Registry, repository: str) -> None:
    old, new = (json.dumps(image(annotations={"n": n})).encode() for n in "12")
    for body in (old, new):
        expect(owner.push_manifest(repository, "latest", body), 201)
    assert owner.get(f"/v2/{repository}/manifests/latest").content == new
    assert owner.get(f"/v2/{repository}/manifests/{digest_of(old)}").content == old


def test_who_has_it_need_not_load_it(anonymous: Registry, owner: Registry, public: str) -> None:
    digest = owner.push_image(public, "1").digest
    for value in (f'"{digest}"', digest):
        for method in ("GET", "HEAD"):
            path = f"/v2/{public}/manifests/1"
            assert anonymous.request(method, path, headers={"If-None-Match": value}).status_code == 304
    expect(anonymous.get(f"/v2/{public}/manifests/1", If_None_Match=f'"{ABSENT}"'), 200)


def test_sha512_is_answered_in_sha512(owner: Registry, repository: str) -> None:
    body = json.dumps(image()).encode()
    digest = digest_of(body, "sha512")
    response = expect(owner.push_manifest(repository, f"{digest}?tag=strong", body), 201)
    assert response.headers["Docker-Content-Digest"] == digest
    for reference in (digest, "strong"):
        assert owner.get(f"/v2/{repository}/manifests/{reference}").headers["Docker-Content-Digest"] == digest


def test_tags_may_be_set_with_the_digest(owner: Registry, repository: str) -> None:
    body = json.dumps(image()).encode()
    wanted = [f"t{number}" for number in range(12)]
    query = "&".join(f"tag={tag}" for tag in [*wanted, "t0"])
    response = expect(owner.push_manifest(repository, f"{digest_of(body)}?{query}", body), 201)
    assert response.headers["OCI-Tag"].split(", ") == wanted
    assert owner.get(f"/v2/{repository}/tags/list").json()["tags"] == sorted(wanted)


def test_one_bad_tag_sets_none(owner: Registry, repository: str) -> None:
    body = json.dumps(image()).encode()
    expect(owner.push_manifest(repository, f"{digest_of(body)}?tag=good&tag=.bad", body), 400, "NAME_INVALID")
    assert owner.get(f"/v2/{repository}/tags/list").json()["tags"] == []
    expect(owner.head(f"/v2/{repository}/manifests/{digest_of(body)}"), 404)
    many = "&".join(f"tag=t{number}" for number in range(150))
    expect(owner.push_manifest(repository, f"{digest_of(body)}?{many}", body), 414)


@pytest.mark.parametrize("tag", ["a" * 128, "_", "V1.0-rc_1", "sha256-" + "a" * 64, "sha256-" + "a" * 64 + ".sig"])
def test_odd_tags_are_tags(owner: Registry, repository: str, tag: str) -> None:
    expect(owner.push_manifest(repository, tag, image()), 201)
    expect(owner.get(f"/v2/{repository}/manifests/{tag}"), 200)


@pytest.mark.parametrize("tag", [".bad", "-bad", "a" * 129, "a+b", "tag@sha256", "ä", "a b"])
def test_what_is_no_tag_can_be_neither_set_nor_found(owner: Registry, repository: str, tag: str) -> None:
    expect(owner.push_manifest(repository, tag, image()), 400, "NAME_INVALID")
    expect(owner.get(f"/v2/{repository}/manifests/{tag}"), 404, "MANIFEST_UNKNOWN")
    expect(owner.head(f"/v2/{repository}/manifests/{tag}"), 404)
    expect(owner.delete(f"/v2/{repository}/manifests/{tag}"), 404, "MANIFEST_UNKNOWN")


@pytest.mark.parametrize("digest", ["sha256:baddigeststring", "sha256:" + "A" * 64, "md5:" + "0" * 32, ":", "a:b:c"])
def test_what_is_no_digest_is_refused(owner: Registry, repository: str, digest: str) -> None:
    expect(owner.push_manifest(repository, digest, image()), 400, "DIGEST_INVALID")
    expect(owner.get(f"/v2/{repository}/manifests/{digest}"), 400, "DIGEST_INVALID")


def test_a_digest_must_be_the_contents(owner: Registry, repository: str) -> None:
    body = json.dumps(image()).encode()
    expect(owner.push_manifest(repository, digest_of(body), body + b"  "), 400, "DIGEST_INVALID")
    expect(owner.head(f"/v2/{repository}/manifests/{digest_of(body)}"), 404)


def test_what_is_not_here_is_not_found(owner: Registry, repository: str) -> None:
    elsewhere = owner.push_image(f"{repository}-2", "1").digest
    for reference in ("nothing", ABSENT, elsewhere, digest_of(EMPTY)):
        expect(owner.get(f"/v2/{repository}/manifests/{reference}"), 404, "MANIFEST_UNKNOWN")
        assert expect(owner.head(f"/v2/{repository}/manifests/{reference}"), 404).content == b""


# -- what a manifest may be


@pytest.mark.parametrize(
    "document",
    [
        image(mediaType=None),
        image(layers=None),
        image(artifactType="application/vnd.example.thing"),
        image(annotations={"a": "b"}, unknown={"x": [1, 2]}),
        image(config={**descriptor(EMPTY, "application/vnd.example.config"), "data": "e30="}),
        image(layers=[{**descriptor(b"elsewhere", FOREIGN), "urls": ["https://example.com/layer"]}]),
        image(subject={"mediaType": OCI_MANIFEST, "digest": ABSENT, "size": 7}),
        {**image(), "layers": None},
    ],
    ids=str,
)
def test_what_the_specification_allows_is_stored(owner: Registry, repository: str, document: dict[str, Any]) -> None:
    body = json.dumps(document).encode()
    expect(owner.push_manifest(repository, digest_of(body), body), 201)
    assert owner.get(f"/v2/{repository}/manifests/{digest_of(body)}").content == body


@pytest.mark.parametrize("charset", ["", "; charset=utf-8"])
def test_a_type_is_stored_without_its_parameters(owner: Registry, repository: str, charset: str) -> None:
    expect(owner.push_manifest(repository, "typed", image(), OCI_MANIFEST + charset), 201)
    assert owner.get(f"/v2/{repository}/manifests/typed").headers["Content-Type"] == OCI_MANIFEST


def test_a_missing_type_is_read_from_the_document(owner: Registry, repository: str) -> None:
    body = json.dumps(image()).encode()
    response = owner.put(f"/v2/{repository}/manifests/untyped", body)
    expect(response, 201)
    assert owner.get(f"/v2/{repository}/manifests/untyped").headers["Content-Type"] == OCI_MANIFEST


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b"", OCI_MANIFEST),
        (b"[]", OCI_MANIFEST),
        (b'"text"', OCI_MANIFEST),
        (b"{", OCI_MANIFEST),
        (b"\xff\xfe{}", OCI_MANIFEST),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, OCI_MANIFEST),
        (b'{"schemaVersion": NaN}', OCI_MANIFEST),
        (json.dumps(image()).encode().replace(b"{", b'{"config": 1, ', 1), OCI_MANIFEST),
        (json.dumps(image()).encode(), DOCKER_MANIFEST),
        (json.dumps(image(manifests=[])).encode(), OCI_MANIFEST),
        (json.dumps(index(layers=[])).encode(), OCI_INDEX),
        (json.dumps(image(schemaVersion=1)).encode(), OCI_MANIFEST),
        (json.dumps(image(subject={"mediaType": OCI_MANIFEST, "digest": "x", "size": 1})).encode(), OCI_MANIFEST),
        (b'{"schemaVersion": 1, "fsLayers": []}', "application/vnd.docker.distribution.manifest.v1+json"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_contradicts_itself_is_refused(owner: Registry, repository: str, body: bytes, media_type: str) -> None:
    expect(owner.push_manifest(repository, "bad", body, media_type), 400, "MANIFEST_INVALID")
    expect(owner.head(f"/v2/{repository}/manifests/bad"), 404)


def test_everything_missing_is_named(owner: Registry, repository: str) -> None:
    missing = [descriptor(b"layer one", OCI_LAYER), descriptor(b"layer two", OCI_LAYER)]
    response = expect(owner.push_manifest(repository, "1", image(layers=missing)), 400, "MANIFEST_BLOB_UNKNOWN")
    named = {entry["detail"]["digest"] for entry in response.json()["errors"]}
    assert named == {item["digest"] for item in missing}
    child = index(descriptor(b"a child", OCI_MANIFEST))
    expect(owner.push_manifest(repository, "1", child, OCI_INDEX), 400, "MANIFEST_BLOB_UNKNOWN")


def test_somebody_elses_content_is_as_missing_as_any(owner: Registry, outsider: Registry, private: str) -> None:
    secret = owner.push_image(private, "1", layers=(uuid4().bytes,))
    outsider.push_blob("otto/thief", EMPTY)
    for digest in (*secret.blobs, secret.digest, ABSENT):
        stolen = image(layers=[{"mediaType": OCI_LAYER, "digest": digest, "size": 16}])
        expect(outsider.push_manifest("otto/thief", "1", stolen), 400, "MANIFEST_BLOB_UNKNOWN")
        child = index({"mediaType": OCI_MANIFEST, "digest": digest, "size": 16})
        expect(outsider.push_manifest("otto/thief", "1", child, OCI_INDEX), 400, "MANIFEST_BLOB_UNKNOWN")


def test_an_index_lists_images_and_a_cache_lists_blobs(owner: Registry, repository: str) -> None:
    body = json.dumps(image()).encode()
    expect(owner.push_manifest(repository, digest_of(body), body), 201)
    of_images = index(descriptor(body, OCI_MANIFEST))
    of_blobs = index(descriptor(EMPTY, "application/vnd.buildkit.cacheconfig.v0"))
    for tag, document in (("images", of_images), ("cache", of_blobs), ("empty", index())):
        expect(owner.push_manifest(repository, tag, document, OCI_INDEX), 201)
        assert owner.get(f"/v2/{repository}/manifests/{tag}", Accept=OCI_MANIFEST).headers["Content-Type"] == OCI_INDEX


LIMIT = 4 * 2**20


def test_a_manifest_may_have_four_mebibytes(owner: Registry, repository: str) -> None:
    empty = json.dumps(image(annotations={"filler": ""})).encode()
    body = empty.replace(b'"filler": ""', b'"filler": "' + b"x" * (LIMIT - len(empty)) + b'"')
    assert len(body) == LIMIT
    expect(owner.push_manifest(repository, "large", body), 201)
    assert owner.get(f"/v2/{repository}/manifests/large").content == body


@pytest.mark.parametrize("way", ["with a length", "in chunks"])
def test_one_byte_more_is_too_much(owner: Registry, repository: str, way: str) -> None:
    body = b" " * (LIMIT + 1)
    content = body if way == "with a length" else lambda: slices(body, 65_536)
    path = f"/v2/{repository}/manifests/large"
    expect(owner.request("PUT", path, content=content, headers={"Content-Type": OCI_MANIFEST}), 413, "SIZE_INVALID")


def test_a_part_of_an_index_is_not_deleted(owner: Registry, repository: str) -> None:
    body = json.dumps(image()).encode()
    expect(owner.push_manifest(repository, digest_of(body), body), 201)
    expect(owner.push_manifest(repository, "list", index(descriptor(body, OCI_MANIFEST)), OCI_INDEX), 201)
    expect(owner.delete(f"/v2/{repository}/manifests/{digest_of(body)}"), 405, "UNSUPPORTED")
    expect(owner.get(f"/v2/{repository}/manifests/list"), 200)


def test_nobody_is_asked_for_a_password_by_basic(hub: Hub, public: str) -> None:
    response = send("PUT", f"{hub.url}/v2/{public}/manifests/1", content=b"{}", auth=("olga", "x"))
    assert response.headers["WWW-Authenticate"].startswith("Bearer ")
