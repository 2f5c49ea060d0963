"""Cases 54 to 64, 85, 86: tags and digests as names of manifests."""

from __future__ import annotations

import json
import threading
from functools import partial

import httpx
import pytest

from tests.documents import image
from tests.live import Hub
from tests.make.threads import all_together
from tests.registry import Registry, digest_of, expect

BODY = json.dumps(image()).encode()
DIGEST = digest_of(BODY)
#: Not the name of a tag, whatever the reason.
NO_TAGS = [".bad", "-bad", "a" * 129, "a+b", "ä", "a b", "a%0A", "%00", "a,b", "~"]


def version(number: int) -> bytes:
    """A manifest unlike every other."""
    return json.dumps(image(annotations={"number": str(number)})).encode()


def test_case_054_a_tag_moves_and_the_old_manifest_stays(owner: Registry, repository: str) -> None:
    for number in (1, 2):
        expect(owner.push_manifest(repository, "latest", version(number)), 201)
    assert owner.get(f"/v2/{repository}/manifests/latest").content == version(2)
    assert owner.get(f"/v2/{repository}/manifests/{digest_of(version(1))}").content == version(1)


def test_case_055_a_tag_that_many_move_is_never_missing_or_torn(hub: Hub, owner: Registry, repository: str) -> None:
    """The last writer wins; whoever looks meanwhile sees one of the manifests, whole."""
    bodies = {digest_of(version(number)): version(number) for number in range(40)}
    path = f"/v2/{repository}/manifests/latest"
    expect(owner.push_manifest(repository, "latest", version(0)), 201)
    moved, seen, watcher = threading.Event(), list[httpx.Response](), Registry(hub.url)

    def watch() -> None:
        while not moved.is_set():
            seen.extend(expect(watcher.request(method, path), 200) for method in ("GET", "HEAD"))

    def move() -> None:
        clients = [Registry(hub.url, owner.credentials) for _ in range(4)]
        acts = [partial(push_all, client, repository, range(first, 40, 4)) for first, client in enumerate(clients)]
        try:
            all_together(acts)
        finally:
            moved.set()

    all_together([watch, move])
    for answer in seen:
        body = bodies[answer.headers["Docker-Content-Digest"]]
        assert answer.headers["Content-Length"] == str(len(body))
        assert answer.content in {body, b""}
    assert owner.get(path).content in {version(number) for number in range(36, 40)}
    assert owner.get(f"/v2/{repository}/tags/list").json()["tags"] == ["latest"]
    for digest, body in bodies.items():
        assert owner.get(f"/v2/{repository}/manifests/{digest}").content == body


def push_all(client: Registry, repository: str, numbers: range) -> None:
    for number in numbers:
        expect(client.push_manifest(repository, "latest", version(number)), 201)


def test_case_056_pushing_the_same_again_is_a_success(owner: Registry, repository: str) -> None:
    for reference in ("latest", DIGEST, "latest", DIGEST):
        response = expect(owner.push_manifest(repository, reference, BODY), 201)
        assert response.headers["Location"] == f"/v2/{repository}/manifests/{reference}"
        assert response.headers["Docker-Content-Digest"] == DIGEST
        assert response.content == b""


@pytest.mark.parametrize("body", [BODY + b"  ", BODY + b"\n", b" " + BODY, BODY.replace(b": ", b":")], ids=str)
def test_case_057_a_digest_must_be_the_contents(owner: Registry, repository: str, body: bytes) -> None:
    expect(owner.push_manifest(repository, DIGEST, body), 400, "DIGEST_INVALID")
    for digest in (DIGEST, digest_of(body)):
        expect(owner.head(f"/v2/{repository}/manifests/{digest}"), 404)


BAD_DIGESTS = ["sha256:baddigeststring", "sha256:" + "A" * 64, "md5:" + "0" * 32, ":", "a:b:c", DIGEST + "0"]


@pytest.mark.parametrize("digest", BAD_DIGESTS)
def test_case_058_nothing_is_pushed_under_a_digest_that_is_none(owner: Registry, repository: str, digest: str) -> None:
    expect(owner.push_manifest(repository, digest, BODY), 400, "DIGEST_INVALID")


@pytest.mark.parametrize("digest", BAD_DIGESTS)
def test_case_059_nothing_is_found_under_a_digest_that_is_none(owner: Registry, repository: str, digest: str) -> None:
    expect(owner.get(f"/v2/{repository}/manifests/{digest}"), 400, "DIGEST_INVALID")
    assert expect(owner.head(f"/v2/{repository}/manifests/{digest}"), 400).content == b""
    expect(owner.delete(f"/v2/{repository}/manifests/{digest}"), 400, "DIGEST_INVALID")


@pytest.mark.parametrize("tag", [".INVALID", ".INVALID_MANIFEST_NAME", *NO_TAGS])
def test_case_060_nothing_is_found_under_a_tag_that_is_none(owner: Registry, repository: str, tag: str) -> None:
    expect(owner.get(f"/v2/{repository}/manifests/{tag}"), 404, "MANIFEST_UNKNOWN")
    assert expect(owner.head(f"/v2/{repository}/manifests/{tag}"), 404).content == b""
    expect(owner.delete(f"/v2/{repository}/manifests/{tag}"), 404, "MANIFEST_UNKNOWN")


@pytest.mark.parametrize("tag", NO_TAGS)
def test_case_061_nothing_is_pushed_under_a_tag_that_is_none(owner: Registry, repository: str, tag: str) -> None:
    """Not MANIFEST_INVALID: clients answer that by converting the image and trying again."""
    expect(owner.push_manifest(repository, tag, BODY), 400, "NAME_INVALID")
    assert owner.get(f"/v2/{repository}/tags/list").json()["tags"] == []


@pytest.mark.parametrize("tag", ["a" * 128, "_", "_x", "V1.0-rc_1", "0", "A.", "latest-"])
def test_case_062_odd_tags_are_tags(owner: Registry, repository: str, tag: str) -> None:
    expect(owner.push_manifest(repository, tag, BODY), 201)
    assert owner.get(f"/v2/{repository}/manifests/{tag}").content == BODY
    assert owner.get(f"/v2/{repository}/tags/list").json()["tags"] == [tag]


def test_case_063_a_tag_with_a_digest_is_neither(owner: Registry, repository: str) -> None:
    """Clients that are given both send the digest alone."""
    expect(owner.push_manifest(repository, "1", BODY), 201)
    expect(owner.get(f"/v2/{repository}/manifests/1@{DIGEST}"), 400, "DIGEST_INVALID")
    expect(owner.push_manifest(repository, f"1@{DIGEST}", BODY), 400, "DIGEST_INVALID")
    expect(owner.get(f"/v2/{repository}/manifests/1@sha256"), 404, "MANIFEST_UNKNOWN")
    expect(owner.push_manifest(repository, "1@sha256", BODY), 400, "NAME_INVALID")


@pytest.mark.parametrize("suffix", ["", ".sig", ".att", ".sbom"])
def test_case_064_tags_that_look_like_digests_are_tags(owner: Registry, repository: str, suffix: str) -> None:
    tag = DIGEST.replace(":", "-") + suffix
    expect(owner.get(f"/v2/{repository}/manifests/{tag}"), 404, "MANIFEST_UNKNOWN")
    expect(owner.push_manifest(repository, tag, BODY), 201)
    assert owner.get(f"/v2/{repository}/manifests/{tag}").content == BODY
    expect(owner.delete(f"/v2/{repository}/manifests/{tag}"), 202)
    expect(owner.get(f"/v2/{repository}/manifests/{DIGEST}"), 200)


@pytest.mark.parametrize("bad", NO_TAGS)
def test_case_085_one_bad_tag_sets_none(owner: Registry, repository: str, bad: str) -> None:
    query = f"tag=good&tag={bad.replace('+', '%2B')}&tag=other"
    expect(owner.push_manifest(repository, f"{DIGEST}?{query}", BODY), 400, "NAME_INVALID")
    assert owner.get(f"/v2/{repository}/tags/list").json()["tags"] == []
    expect(owner.head(f"/v2/{repository}/manifests/{DIGEST}"), 404)


def test_case_086_many_tags_are_set_at_once_and_very_many_are_not(owner: Registry, repository: str) -> None:
    wanted = [f"t{number:03}" for number in range(100)]
    query = "&".join(f"tag={tag}" for tag in wanted)
    response = expect(owner.push_manifest(repository, f"{DIGEST}?{query}", BODY), 201)
    assert response.headers["OCI-Tag"].split(", ") == wanted
    assert owner.get(f"/v2/{repository}/tags/list").json()["tags"] == wanted
    expect(owner.push_manifest(repository, f"{digest_of(version(1))}?{query}&tag=one-more", version(1)), 414)
    expect(owner.head(f"/v2/{repository}/manifests/{digest_of(version(1))}"), 404)


def test_a_tag_that_is_named_twice_is_set_once(owner: Registry, repository: str) -> None:
    response = expect(owner.push_manifest(repository, f"{DIGEST}?tag=b&tag=a&tag=b", BODY), 201)
    assert response.headers["OCI-Tag"] == "b, a"
    assert owner.get(f"/v2/{repository}/tags/list").json()["tags"] == ["a", "b"]
