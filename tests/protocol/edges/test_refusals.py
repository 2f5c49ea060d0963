"""Cases 76, 118, 120 and 127: documents that are none, limits, and a disk without room."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from tests.documents import image, index
from tests.live import Hub, on_files, running
from tests.registry import ABSENT, OCI_INDEX, OCI_MANIFEST, Registry, digest_of, expect, send

LARGE = 4 * 2**20
HEAD = b'{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",'
BOMBS = {
    "no JSON": b"no JSON",
    "nothing": b"",
    "a list": b"[]",
    "deep lists": HEAD + b'"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "lists without end": b"[" * LARGE,
    "objects without end": (b'{"a":' * LARGE)[:LARGE],
    "a long number": HEAD + b'"x":' + b"9" * 100_000 + b"}",
    "no number": HEAD + b'"x":NaN}',
    "a key twice": HEAD + b'"config":{},"config":{}}',
    "a byte order mark": b"\xef\xbb\xbf" + HEAD + b'"layers":[]}',
    "more behind it": HEAD + b'"layers":[]} x',
    "no UTF-8": HEAD + b'"x":"\xff"}',
    "half a character": HEAD + b'"x":"\\ud800"}',
}


@pytest.mark.parametrize(
    "subject",
    [
        "text",
        [],
        {},
        {"digest": "sha256:abc", "size": 1},
        {"digest": ABSENT.upper(), "size": 1},
        {"digest": "md5:" + "0" * 32, "size": 1},
        {"digest": ABSENT, "size": -1},
        {"digest": ABSENT, "size": "1"},
        {"digest": ABSENT},
    ],
    ids=str,
)
def test_case_076_a_subject_that_is_no_descriptor_is_refused(owner: Registry, repository: str, subject: Any) -> None:
    for document, media_type in ((image(subject=subject), OCI_MANIFEST), (index(subject=subject), OCI_INDEX)):
        response = expect(owner.push_manifest(repository, "x", document, media_type), 400, "MANIFEST_INVALID")
        assert "OCI-Subject" not in response.headers
    expect(owner.head(f"/v2/{repository}/manifests/x"), 404)


@pytest.fixture(scope="module")
def narrow() -> Iterator[Hub]:
    """A hub where an account may have two uploads open."""
    with running(HUB_MAX_UPLOADS="2") as hub:
        yield hub


def test_case_118_who_has_too_many_uploads_is_told_when_to_come_back(narrow: Hub) -> None:
    owner = Registry(narrow.url, narrow.people["owner"].credentials)
    location, _ = owner.start_upload("olga/many"), owner.start_upload("olga/many")
    response = expect(owner.post("/v2/olga/many/blobs/uploads/"), 429, "TOOMANYREQUESTS")
    assert int(response.headers["Retry-After"]) > 0
    expect(owner.delete(location), 204)
    owner.start_upload("olga/many")


def test_case_118_who_guesses_passwords_is_told_when_to_come_back(narrow: Hub) -> None:
    writer = narrow.people["writer"]
    guesses = (send("GET", f"{narrow.url}/token", auth=(writer.username, f"wrong-{number}")) for number in count())
    response = next(answer for answer in guesses if answer.status_code != 401)
    expect(response, 429, "TOOMANYREQUESTS")
    assert int(response.headers["Retry-After"]) > 0
    expect(send("GET", f"{narrow.url}/token", auth=writer.credentials), 200)


@on_files
def test_case_120_a_full_disk_is_the_hubs_fault_and_nothing_is_half_stored() -> None:
    """503, so that clients try again later. What needs no room goes on."""
    with running() as hub:
        owner = Registry(hub.url, hub.people["owner"].credentials)
        pushed = owner.push_image("olga/full", "1")
        location = owner.start_upload("olga/full")
        hub.stop()
        hub.environment["HUB_FREE_DISK_FLOOR"] = "1000t"
        hub.start()
        for response in (owner.patch(location, b"more"), owner.put(f"{location}?digest={digest_of(b'more')}", b"more")):
            expect(response, 503, "UNAVAILABLE")
            assert int(response.headers["Retry-After"]) > 0
        expect(owner.head(f"/v2/olga/full/blobs/{digest_of(b'more')}"), 404)
        assert owner.pull_image("olga/full", "1") == pushed
        expect(owner.delete("/v2/olga/full/manifests/1"), 202)


@pytest.mark.parametrize("body", BOMBS.values(), ids=BOMBS)
def test_case_127_what_is_no_document_is_refused_however_it_is_made(
    owner: Registry, repository: str, body: bytes
) -> None:
    expect(owner.push_manifest(repository, "bomb", body), 400, "MANIFEST_INVALID")
    expect(owner.push_manifest(repository, digest_of(body), body), 400, "MANIFEST_INVALID")
    expect(owner.head(f"/v2/{repository}/manifests/bomb"), 404)


def test_a_million_keys_are_read_and_refused_or_stored_like_any(owner: Registry, repository: str) -> None:
    """Four mebibytes of small fields: work, but no more than any other document of the size."""
    keys = b",".join(b'"%x":0' % number for number in range(400_000))
    assert len(keys) < LARGE - len(HEAD)
    expect(owner.push_manifest(repository, "keys", HEAD + keys + b"}"), 400, "MANIFEST_INVALID")
    expect(owner.get("/v2/"), 200)


def test_forty_thousand_missing_layers_are_refused_in_few_words(owner: Registry, repository: str) -> None:
    layers = [{"digest": f"sha256:{number:064x}", "size": 0} for number in range(40_000)]
    response = expect(owner.push_manifest(repository, "many", image(layers=layers)), 400)
    assert len(response.content) < 64 * 2**10
