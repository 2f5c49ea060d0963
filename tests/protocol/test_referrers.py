"""end-12: what refers to a manifest."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.registry import ABSENT, OCI_INDEX, OCI_MANIFEST, Image, Registry, descriptor, digest_of, expect

EMPTY = b"{}"
SBOM, SIGNATURE = "application/vnd.example.sbom", "application/vnd.example.signature"


@pytest.fixture
def subject(owner: Registry, public: str) -> Image:
    """An image with an SBOM, a signature without a type of its own, and an index that refer to it."""
    pushed = owner.push_image(public, "1")
    owner.push_blob(public, EMPTY)
    refer = {"subject": descriptor(pushed.manifest, OCI_MANIFEST)}
    for document, media_type in (
        (artifact(artifactType=SBOM, annotations={"kind": "sbom"}, **refer), OCI_MANIFEST),
        (artifact(config=descriptor(EMPTY, SIGNATURE), **refer), OCI_MANIFEST),
        ({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [], **refer}, OCI_INDEX),
    ):
        body = json.dumps(document).encode()
        response = expect(owner.push_manifest(public, digest_of(body), body, media_type), 201)
        assert response.headers["OCI-Subject"] == pushed.digest
    return pushed


def artifact(**changes: Any) -> dict[str, Any]:
    return {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": descriptor(EMPTY, "application/vnd.oci.empty.v1+json"),
        "layers": [],
        **changes,
    }


def listed(client: Registry, path: str) -> list[dict[str, Any]]:
    response = expect(client.get(path), 200)
    assert response.headers["Content-Type"] == OCI_INDEX
    document = response.json()
    assert (document["schemaVersion"], document["mediaType"]) == (2, OCI_INDEX)
    found: list[dict[str, Any]] = document["manifests"]
    return found


def test_everything_that_refers_is_listed_as_clients_compare_it(
    anonymous: Registry, public: str, subject: Image
) -> None:
    found = listed(anonymous, f"/v2/{public}/referrers/{subject.digest}")
    assert [(item["mediaType"], item.get("artifactType")) for item in found] == [
        (OCI_MANIFEST, SBOM),
        (OCI_MANIFEST, SIGNATURE),
        (OCI_INDEX, None),
    ]
    assert found[0]["annotations"] == {"kind": "sbom"}
    for item in found:
        manifest = expect(anonymous.get(f"/v2/{public}/manifests/{item['digest']}"), 200)
        assert item["size"] == len(manifest.content)


def test_a_type_may_be_asked_for(anonymous: Registry, public: str, subject: Image) -> None:
    path = f"/v2/{public}/referrers/{subject.digest}"
    for query, types in (
        (f"?artifactType={SBOM}", [SBOM]),
        (f"?artifactType={SBOM}&artifactType={SIGNATURE}", [SBOM, SIGNATURE]),
        ("?artifactType=a/b", []),
    ):
        response = expect(anonymous.get(path + query), 200)
        assert response.headers["OCI-Filters-Applied"] == "artifactType"
        assert [item["artifactType"] for item in response.json()["manifests"]] == types
    assert "OCI-Filters-Applied" not in anonymous.get(f"{path}?artifactType=").headers


def test_pages_keep_the_filter(anonymous: Registry, public: str, subject: Image) -> None:
    path = f"/v2/{public}/referrers/{subject.digest}?n=1&artifactType={SBOM}&artifactType={SIGNATURE}"
    found: list[dict[str, Any]] = []
    while path:
        found += listed(anonymous, path)
        path = anonymous.get(path).headers.get("Link", "").partition(">")[0].removeprefix("<")
    assert [item["artifactType"] for item in found] == [SBOM, SIGNATURE]


def test_nothing_refers_to_what_is_not_here(owner: Registry, public: str) -> None:
    assert listed(owner, f"/v2/{public}/referrers/{ABSENT}") == []
    owner.push_image(public, "1")
    assert listed(owner, f"/v2/{public}/referrers/{ABSENT}") == []
    expect(owner.get(f"/v2/{public}/referrers/nonsense"), 400, "DIGEST_INVALID")
    expect(owner.get(f"/v2/{public}-2/referrers/nonsense"), 400, "DIGEST_INVALID")


def test_a_referrer_goes_at_once_and_outlives_its_subject(owner: Registry, public: str, subject: Image) -> None:
    path = f"/v2/{public}/referrers/{subject.digest}"
    first, *others = listed(owner, path)
    expect(owner.delete(f"/v2/{public}/manifests/{first['digest']}"), 202)
    assert listed(owner, path) == others
    expect(owner.delete(f"/v2/{public}/manifests/{subject.digest}"), 202)
    assert listed(owner, path) == others


def test_referrers_of_a_digest_stay_in_their_repository(owner: Registry, public: str, subject: Image) -> None:
    owner.push_image(f"{public}-2", "1")
    assert listed(owner, f"/v2/{public}-2/referrers/{subject.digest}") == []
