"""Cases 65 to 84 and 126: what a manifest may be, and how it comes back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.documents import EMPTY, image, index
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
    slices,
)

DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1+json"
CACHE = "application/vnd.buildkit.cacheconfig.v0"
FOREIGN = [
    "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
    "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
]
LIMIT = 4 * 2**20


def encoded(document: dict[str, Any]) -> bytes:
    return json.dumps(document).encode()


def stored(client: Registry, repository: str, document: dict[str, Any], media_type: str = OCI_MANIFEST) -> str:
    """Push under the digest, compare what comes back; returns the digest."""
    body = encoded(document)
    digest = digest_of(body)
    expect(client.push_manifest(repository, digest, body, media_type), 201)
    response = expect(client.get(f"/v2/{repository}/manifests/{digest}"), 200)
    assert (response.content, response.headers["Content-Type"]) == (body, media_type)
    return digest


def missing(client: Registry, repository: str, document: dict[str, Any], media_type: str = OCI_MANIFEST) -> list[str]:
    """The digests that the refusal of a push names."""
    response = client.push_manifest(repository, "incomplete", document, media_type)
    errors = expect(response, 400, "MANIFEST_BLOB_UNKNOWN").json()["errors"]
    expect(client.head(f"/v2/{repository}/manifests/incomplete"), 404)
    assert {error["code"] for error in errors} == {"MANIFEST_BLOB_UNKNOWN"}
    return [error["detail"]["digest"] for error in errors]


@pytest.mark.parametrize("more", ["; charset=utf-8", ";charset=UTF-8; q=1", " ; x=y", ""])
def test_case_065_a_type_is_stored_without_its_parameters(owner: Registry, repository: str, more: str) -> None:
    expect(owner.push_manifest(repository, "typed", image(), OCI_MANIFEST + more), 201)
    assert owner.get(f"/v2/{repository}/manifests/typed").headers["Content-Type"] == OCI_MANIFEST


def test_case_066_a_missing_type_is_read_from_the_document(owner: Registry, repository: str) -> None:
    for document, media_type in (
        (image(), OCI_MANIFEST),
        (image(mediaType=DOCKER_MANIFEST), DOCKER_MANIFEST),
        (image(mediaType=None), OCI_MANIFEST),
        (index(), OCI_INDEX),
        (index(mediaType=None), OCI_INDEX),
    ):
        expect(owner.put(f"/v2/{repository}/manifests/untyped", encoded(document)), 201)
        assert owner.get(f"/v2/{repository}/manifests/untyped").headers["Content-Type"] == media_type
    for unknown in ({"schemaVersion": 2}, {"schemaVersion": 2, "blobs": []}, {}):
        expect(owner.put(f"/v2/{repository}/manifests/unknown", encoded(unknown)), 400, "MANIFEST_INVALID")


@pytest.mark.parametrize(
    ("document", "media_type"),
    [
        (image(), DOCKER_MANIFEST),
        (image(mediaType=DOCKER_MANIFEST), OCI_MANIFEST),
        (image(), OCI_INDEX),
        (index(), OCI_MANIFEST),
        (index(), DOCKER_LIST),
        (image(), "application/json"),
        (image(mediaType="application/vnd.example+json"), OCI_MANIFEST),
    ],
    ids=str,
)
def test_case_067_two_types_that_differ_are_refused(
    owner: Registry, repository: str, document: dict[str, Any], media_type: str
) -> None:
    expect(owner.push_manifest(repository, "bad", document, media_type), 400, "MANIFEST_INVALID")
    expect(owner.head(f"/v2/{repository}/manifests/bad"), 404)


@pytest.mark.parametrize("manifests", [[], [descriptor(EMPTY, OCI_MANIFEST)]], ids=["empty", "one"])
@pytest.mark.parametrize("media_type", [OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_LIST, "application/x+json"])
@pytest.mark.parametrize("says_so", [True, False])
def test_case_068_an_image_that_is_also_an_index_is_refused(
    owner: Registry, repository: str, manifests: list[dict[str, Any]], media_type: str, says_so: bool
) -> None:
    """CVE-2021-41190: two clients would pull two things under one digest."""
    kind = media_type if says_so else None
    for document in (
        image(mediaType=kind, manifests=manifests),
        image(mediaType=kind, manifests=manifests, config=None),
        image(mediaType=kind, manifests=manifests, layers=None),
    ):
        expect(owner.push_manifest(repository, "both", document, media_type), 400, "MANIFEST_INVALID")


def of_size(size: int) -> bytes:
    """A manifest of so many bytes."""
    empty = encoded(image(annotations={"filler": ""}))
    return empty.replace(b'"filler": ""', b'"filler": "' + b"x" * (size - len(empty)) + b'"')


def test_case_069_a_manifest_has_four_mebibytes_and_not_a_byte_more(owner: Registry, repository: str) -> None:
    path = f"/v2/{repository}/manifests/large"
    body = of_size(LIMIT)
    assert len(body) == LIMIT
    for content in (body, lambda: slices(body, 65_536)):
        expect(owner.request("PUT", path, content=content, headers={"Content-Type": OCI_MANIFEST}), 201)
    assert owner.get(path).content == body
    more = of_size(LIMIT + 1)
    for content in (more, lambda: slices(more, 65_536)):
        response = owner.request("PUT", path, content=content, headers={"Content-Type": OCI_MANIFEST})
        expect(response, 413, "SIZE_INVALID")
    assert owner.get(path).content == body


def test_case_070_a_large_manifest_with_many_annotations_comes_back(owner: Registry, repository: str) -> None:
    annotations = {f"org.example.note.{number:05}": "y" * 150 for number in range(20_000)}
    document = image(annotations=annotations)
    assert 3_900_000 > len(encoded(document)) > 3_500_000
    stored(owner, repository, document)


def test_case_071_everything_missing_is_named_once(owner: Registry, repository: str) -> None:
    layers = [descriptor(f"layer {number}".encode(), OCI_LAYER) for number in range(3)]
    children = [descriptor(f"child {number}".encode(), OCI_MANIFEST) for number in range(3)]
    config = descriptor(b"configuration", OCI_CONFIG)
    digests = [item["digest"] for item in layers]
    assert missing(owner, repository, image(layers=[*layers, *layers])) == digests
    assert missing(owner, repository, image(config=config, layers=layers)) == [config["digest"], *digests]
    assert missing(owner, repository, index(*children), OCI_INDEX) == [item["digest"] for item in children]
    elsewhere = owner.push_image(f"{repository}-2", "1", layers=(b"only there",))
    for digest in elsewhere.blobs:
        stolen = image(layers=[{"mediaType": OCI_LAYER, "digest": digest, "size": 10}])
        assert missing(owner, repository, stolen) == [digest]
    child = index({"mediaType": OCI_MANIFEST, "digest": elsewhere.digest, "size": 10})
    assert missing(owner, repository, child, OCI_INDEX) == [elsewhere.digest]


def test_case_072_the_children_of_a_build_cache_are_blobs(owner: Registry, repository: str) -> None:
    layer = b"a cached layer"
    owner.push_blob(repository, layer)
    cache = index(descriptor(layer, OCI_LAYER), descriptor(EMPTY, CACHE))
    stored(owner, repository, cache, OCI_INDEX)
    for item in cache["manifests"]:
        expect(owner.delete(f"/v2/{repository}/blobs/{item['digest']}"), 405, "UNSUPPORTED")


def test_case_073_an_index_may_be_empty_and_may_hold_another(owner: Registry, repository: str) -> None:
    inner: dict[str, Any] = index()
    for document in (image(), index(manifests=None), {**index(), "manifests": None}):
        stored(owner, repository, document, document.get("mediaType", OCI_INDEX))
    for _ in range(5):
        stored(owner, repository, inner, OCI_INDEX)
        inner = index(descriptor(encoded(inner), OCI_INDEX), descriptor(encoded(image()), OCI_MANIFEST))


@pytest.mark.parametrize("media_type", FOREIGN)
def test_case_074_a_foreign_layer_need_not_be_here(owner: Registry, repository: str, media_type: str) -> None:
    layer = descriptor(b"elsewhere", media_type)
    stored(owner, repository, image(layers=[{**layer, "urls": ["https://example.com/layer"]}]))
    expect(owner.get(f"/v2/{repository}/blobs/{layer['digest']}"), 404, "BLOB_UNKNOWN")
    for here in (layer, {**layer, "urls": []}, {**layer, "mediaType": OCI_LAYER, "urls": ["https://example.com/"]}):
        assert missing(owner, repository, image(layers=[here])) == [layer["digest"]]


def referrers(client: Registry, repository: str, digest: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = expect(client.get(f"/v2/{repository}/referrers/{digest}"), 200).json()["manifests"]
    return found


def test_case_075_a_subject_need_not_be_here(owner: Registry, repository: str) -> None:
    subject = {"mediaType": OCI_MANIFEST, "digest": ABSENT, "size": 7}
    for document, media_type in ((image(subject=subject), OCI_MANIFEST), (index(subject=subject), OCI_INDEX)):
        body = encoded(document)
        for reference in (digest_of(body), "tagged", digest_of(body)):
            response = expect(owner.push_manifest(repository, reference, body, media_type), 201)
            assert response.headers["OCI-Subject"] == ABSENT
        assert digest_of(body) in {item["digest"] for item in referrers(owner, repository, ABSENT)}
    assert len(referrers(owner, repository, ABSENT)) == 2


def test_case_077_an_artifact_without_a_type_is_listed_under_that_of_its_configuration(
    owner: Registry, repository: str
) -> None:
    subject = {"mediaType": OCI_MANIFEST, "digest": ABSENT, "size": 7}
    config = descriptor(EMPTY, "application/vnd.example.signature")
    for own in ("", None, "application/vnd.example.sbom"):
        digest = stored(owner, repository, image(artifactType=own, config=config, subject=subject))
        listed = {item["digest"]: item["artifactType"] for item in referrers(owner, repository, ABSENT)}
        assert listed[digest] == (own or config["mediaType"])


def test_case_078_an_index_without_a_type_is_listed_without_one(owner: Registry, repository: str) -> None:
    subject = {"mediaType": OCI_MANIFEST, "digest": ABSENT, "size": 7}
    stored(owner, repository, index(subject=subject, annotations={"a": "b"}), OCI_INDEX)
    assert [set(item) for item in referrers(owner, repository, ABSENT)] == [
        {"mediaType", "digest", "size", "annotations"}
    ]


@pytest.mark.parametrize("layers", [None, []])
def test_case_079_an_image_may_have_no_layers(owner: Registry, repository: str, layers: list[Any] | None) -> None:
    stored(owner, repository, {**image(), "layers": layers})
    stored(owner, repository, image(layers=None))


@pytest.mark.parametrize(
    ("document", "media_type", "wanted"),
    [
        (image(mediaType=DOCKER_MANIFEST), DOCKER_MANIFEST, OCI_MANIFEST),
        (image(), OCI_MANIFEST, DOCKER_MANIFEST),
        (index(mediaType=DOCKER_LIST), DOCKER_LIST, OCI_INDEX),
        (index(), OCI_INDEX, f"{DOCKER_MANIFEST}, {OCI_MANIFEST};q=0.5"),
    ],
    ids=str,
)
def test_case_080_another_type_is_not_made_of_what_is_stored(
    owner: Registry, repository: str, document: dict[str, Any], media_type: str, wanted: str
) -> None:
    expect(owner.push_manifest(repository, "1", document, media_type), 201)
    for method in ("GET", "HEAD"):
        response = owner.request(method, f"/v2/{repository}/manifests/1", headers={"Accept": wanted})
        assert expect(response, 200).headers["Content-Type"] == media_type
        assert response.headers["Docker-Content-Digest"] == digest_of(encoded(document))


@pytest.mark.parametrize("accept", ["", "*/*", "text/html", OCI_MANIFEST, "nonsense"])
def test_case_081_an_index_is_not_resolved_whatever_is_accepted(
    owner: Registry, anonymous: Registry, repository: str, accept: str
) -> None:
    body = encoded(image())
    expect(owner.push_manifest(repository, "child", body), 201)
    expect(owner.push_manifest(repository, "list", index(descriptor(body, OCI_MANIFEST)), OCI_INDEX), 201)
    response = expect(anonymous.get(f"/v2/{repository}/manifests/list", Accept=accept), 200)
    assert (response.headers["Content-Type"], response.json()["mediaType"]) == (OCI_INDEX, OCI_INDEX)


@pytest.mark.parametrize("media_type", [SCHEMA_1, SCHEMA_1.replace("+json", "+prettyjws"), OCI_MANIFEST, ""])
def test_case_082_a_manifest_of_schema_1_is_refused(owner: Registry, repository: str, media_type: str) -> None:
    document = {"schemaVersion": 1, "name": repository, "tag": "1", "fsLayers": [{"blobSum": ABSENT}], "history": []}
    for more in ({}, {"config": descriptor(EMPTY, OCI_CONFIG), "schemaVersion": 2}):
        response = owner.push_manifest(repository, "old", {**document, **more}, media_type)
        expect(response, 400, "MANIFEST_INVALID")


def test_case_083_a_manifest_pushed_under_sha512_is_answered_in_sha512(owner: Registry, repository: str) -> None:
    body = encoded(image())
    strong = digest_of(body, "sha512")
    for reference in (strong, f"{strong}?tag=strong"):
        response = expect(owner.push_manifest(repository, reference, body), 201)
        assert response.headers["Docker-Content-Digest"] == strong
        assert response.headers["Location"] == f"/v2/{repository}/manifests/{strong}"
    for reference in (strong, "strong"):
        for method in ("GET", "HEAD"):
            response = expect(owner.request(method, f"/v2/{repository}/manifests/{reference}"), 200)
            assert response.headers["Docker-Content-Digest"] == strong
    expect(owner.head(f"/v2/{repository}/manifests/{digest_of(body)}"), 404)
    expect(owner.push_manifest(repository, "weak", body), 201)
    for tag, digest in (("weak", digest_of(body)), ("strong", strong)):
        assert owner.get(f"/v2/{repository}/manifests/{tag}").headers["Docker-Content-Digest"] == digest


@pytest.mark.parametrize("query", ["", "?digest-algorithm=sha512", "?digest-algorithm=sha256", "?digest-algorithm="])
def test_case_084_chunks_may_end_in_sha512_announced_or_not(owner: Registry, public: str, query: str) -> None:
    content = bytes(range(256)) * 4
    digest = digest_of(content, "sha512")
    location = owner.start_upload(public, query)
    for start in range(0, 1024, 512):
        expect(owner.patch(location, content[start : start + 512], Content_Range=f"{start}-{start + 511}"), 202)
    response = expect(owner.put(f"{location}?digest={digest}"), 201)
    assert response.headers["Docker-Content-Digest"] == digest
    assert owner.get(f"/v2/{public}/blobs/{digest}").content == content


@pytest.mark.parametrize("media_type", [OCI_MANIFEST, DOCKER_MANIFEST])
def test_case_126_the_type_comes_back_exactly(owner: Registry, repository: str, media_type: str) -> None:
    """Clients compare it letter by letter: no charset, and the length is that of the bytes."""
    body = encoded(image(mediaType=media_type, annotations={"name": "Häfen größer"}))
    expect(owner.push_manifest(repository, "1", body, media_type), 201)
    for reference in ("1", digest_of(body)):
        for method in ("GET", "HEAD"):
            response = expect(owner.request(method, f"/v2/{repository}/manifests/{reference}"), 200)
            assert response.headers["Content-Type"] == media_type
            assert response.headers["Content-Length"] == str(len(body))
            assert response.headers["ETag"] == f'"{digest_of(body)}"'
            assert response.headers["Docker-Content-Digest"] == digest_of(body)
            assert response.content == (body if method == "GET" else b"")
