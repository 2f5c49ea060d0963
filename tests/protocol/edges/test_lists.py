"""Cases 94 to 103: lists of tags and of referrers."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.documents import image, index
from tests.registry import ABSENT, OCI_INDEX, OCI_MANIFEST, Image, Registry, descriptor, digest_of, expect

TAGS = ["1.0", "10", "2", "V1", "_x", "latest", "v1", "v1.0-rc.1"]
SBOM, SIGNATURE = "application/vnd.example.sbom", "application/vnd.example.signature"


@pytest.fixture
def tagged(owner: Registry, repository: str) -> str:
    """A repository with TAGS, which are in byte order."""
    assert sorted(TAGS) == TAGS
    body = json.dumps(image()).encode()
    query = "&".join(f"tag={tag}" for tag in reversed(TAGS))
    expect(owner.push_manifest(repository, f"{digest_of(body)}?{query}", body), 201)
    return repository


@pytest.fixture
def subject(owner: Registry, repository: str) -> Image:
    """An image with an SBOM, a signature without a type of its own, and an index that refer to it."""
    pushed = owner.push_image(repository, "1")
    refer = {"subject": descriptor(pushed.manifest, OCI_MANIFEST)}
    config = {**image()["config"], "mediaType": SIGNATURE}
    for document, media_type in (
        (image(artifactType=SBOM, annotations={"kind": "sbom"}, **refer), OCI_MANIFEST),
        (image(config=config, **refer), OCI_MANIFEST),
        (index(**refer), OCI_INDEX),
    ):
        body = json.dumps(document).encode()
        response = expect(owner.push_manifest(repository, digest_of(body), body, media_type), 201)
        assert response.headers["OCI-Subject"] == pushed.digest
    return pushed


def names(client: Registry, path: str) -> list[str]:
    found: list[str] = expect(client.get(path), 200).json()["tags"]
    return found


def listed(response: httpx.Response) -> list[dict[str, Any]]:
    """The descriptors of an answer that is an image index as clients compare it."""
    assert expect(response, 200).headers["Content-Type"] == OCI_INDEX
    document = response.json()
    assert (document["schemaVersion"], document["mediaType"]) == (2, OCI_INDEX)
    found: list[dict[str, Any]] = document["manifests"]
    return found


def following(response: httpx.Response) -> str:
    """The relative address of the next page, "" at the end."""
    link: str = response.headers.get("Link", "")
    assert not link or (link.startswith("</v2/") and link.endswith('>; rel="next"'))
    return link.partition(">")[0].removeprefix("<")


# -- tags


def test_case_094_a_repository_that_was_never_made_is_not_known(owner: Registry, public: str) -> None:
    for path in ("tags/list", "tags/list?n=10", "tags/list?last=x"):
        expect(owner.get(f"/v2/{public}/{path}"), 404, "NAME_UNKNOWN")


def test_case_095_without_tags_the_list_is_empty_and_no_null(owner: Registry, public: str) -> None:
    owner.push_image(public, "1", "2")
    for tag in ("1", "2"):
        expect(owner.delete(f"/v2/{public}/manifests/{tag}"), 202)
    response = expect(owner.get(f"/v2/{public}/tags/list"), 200)
    assert (response.json(), following(response)) == ({"name": public, "tags": []}, "")


def test_case_096_a_page_has_as_many_as_were_asked_for(anonymous: Registry, tagged: str) -> None:
    """None for 0, and no way on from there; all there is for very many; no sense is refused."""
    path = f"/v2/{tagged}/tags/list?n="
    nothing = expect(anonymous.get(f"{path}0"), 200)
    assert (nothing.json()["tags"], following(nothing)) == ([], "")
    for many in ("1000000000", "9" * 18):
        response = expect(anonymous.get(path + many), 200)
        assert (response.json()["tags"], following(response)) == (TAGS, "")
    for nonsense in ("-1", "abc", "1.5", "1e3", "%2B1", "٣", "9" * 5000):
        expect(anonymous.get(path + nonsense), 400, "UNSUPPORTED")


def test_case_097_a_list_goes_on_behind_last_whether_it_exists_or_not(anonymous: Registry, tagged: str) -> None:
    path = f"/v2/{tagged}/tags/list"
    assert names(anonymous, f"{path}?last=V1") == TAGS[4:]
    assert names(anonymous, f"{path}?last=V2") == TAGS[4:]
    assert names(anonymous, f"{path}?n=2&last=V1") == TAGS[4:6]
    assert names(anonymous, f"{path}?last={quote('a+b', safe='')}") == TAGS[5:]
    assert names(anonymous, f"{path}?last=%2B") == TAGS  # a plus sign is before every tag; a blank would be too
    assert names(anonymous, f"{path}?last=v1.0%2Drc.0") == TAGS[7:]
    for end in (TAGS[-1], "zzz", "%F0%9F%90%B3"):
        response = expect(anonymous.get(f"{path}?n=3&last={end}"), 200)
        assert (response.json()["tags"], following(response)) == ([], "")
    expect(anonymous.get(f"{path}?last=%00"), 400, "UNSUPPORTED")


def test_case_098_large_and_small_letters_are_two_tags_in_byte_order(owner: Registry, repository: str) -> None:
    for number, tag in enumerate(("v1", "V1", "a", "B", "_", "0")):
        expect(owner.push_manifest(repository, tag, image(annotations={"number": str(number)})), 201)
    assert names(owner, f"/v2/{repository}/tags/list") == ["0", "B", "V1", "_", "a", "v1"]
    digests = {owner.head(f"/v2/{repository}/manifests/{tag}").headers["Docker-Content-Digest"] for tag in ("v1", "V1")}
    assert len(digests) == 2


# -- referrers


def test_case_099_nothing_refers_to_what_is_not_here(owner: Registry, public: str) -> None:
    """Never 404: neither for an unknown digest nor where no repository is yet."""
    for digest in (ABSENT, "sha512:" + "0" * 128):
        assert listed(owner.get(f"/v2/{public}/referrers/{digest}")) == []
        assert expect(owner.head(f"/v2/{public}/referrers/{digest}"), 200).content == b""
    owner.push_image(public, "1")
    assert listed(owner.get(f"/v2/{public}/referrers/{ABSENT}")) == []


@pytest.mark.parametrize("digest", ["nonsense", "sha256:abc", "md5:" + "0" * 32, "sha256:" + "A" * 64, ":"])
def test_case_100_a_digest_that_is_none_is_refused(owner: Registry, repository: str, digest: str) -> None:
    for name in (repository, f"{repository}-never"):
        expect(owner.get(f"/v2/{name}/referrers/{digest}"), 400, "DIGEST_INVALID")
        expect(owner.get(f"/v2/{name}/referrers/{digest}?artifactType={SBOM}"), 400, "DIGEST_INVALID")


def test_case_101_a_filter_that_matches_nothing_was_applied(owner: Registry, repository: str, subject: Image) -> None:
    for name, digest in ((repository, subject.digest), (repository, ABSENT), (f"{repository}-never", ABSENT)):
        response = owner.get(f"/v2/{name}/referrers/{digest}?artifactType=application/vnd.example.nothing")
        assert listed(response) == []
        assert response.headers["OCI-Filters-Applied"] == "artifactType"


def test_case_102_pages_keep_the_filter(anonymous: Registry, repository: str, subject: Image) -> None:
    path = f"/v2/{repository}/referrers/{subject.digest}?n=1&artifactType={SBOM}&artifactType={SIGNATURE}"
    found, pages = list[dict[str, Any]](), 0
    while path:
        response = anonymous.get(path)
        assert response.headers["OCI-Filters-Applied"] == "artifactType"
        found += listed(response)
        path, pages = following(response), pages + 1
    assert ([item["artifactType"] for item in found], pages) == ([SBOM, SIGNATURE], 2)


def test_more_referrers_than_one_answer_holds_come_in_pages(owner: Registry, repository: str) -> None:
    """Clients stop reading at 4 MiB, and annotations may be long."""
    refer = {"subject": {"mediaType": OCI_MANIFEST, "digest": ABSENT, "size": 7}}
    for number in range(4):
        document = image(artifactType=SBOM, annotations={"long": f"{number}" * 1_200_000}, **refer)
        expect(owner.push_manifest(repository, f"r{number}", document), 201)
    path, found = f"/v2/{repository}/referrers/{ABSENT}?artifactType={SBOM}", list[str]()
    while path:
        response = owner.get(path)
        assert len(response.content) < 4 * 2**20
        found += [item["annotations"]["long"][0] for item in listed(response)]
        path = following(response)
        assert "artifactType" in path or not path
    assert sorted(found) == ["0", "1", "2", "3"]


def test_case_103_several_types_mean_any_of_them(anonymous: Registry, repository: str, subject: Image) -> None:
    path = f"/v2/{repository}/referrers/{subject.digest}"
    for query, types in (
        (f"?artifactType={SBOM}", [SBOM]),
        (f"?artifactType={SBOM}&artifactType={SIGNATURE}", [SBOM, SIGNATURE]),
        (f"?artifactType=a/b&artifactType={SIGNATURE}", [SIGNATURE]),
        (f"?artifactType={quote(SBOM, safe='')}", [SBOM]),
    ):
        response = anonymous.get(path + query)
        assert [item["artifactType"] for item in listed(response)] == types
        assert response.headers["OCI-Filters-Applied"] == "artifactType"
    unfiltered = anonymous.get(f"{path}?artifactType=")
    assert len(listed(unfiltered)) == 3
    assert "OCI-Filters-Applied" not in unfiltered.headers
