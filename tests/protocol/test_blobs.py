"""end-2 and end-10: blobs of one repository, whole and in parts."""

from __future__ import annotations

import email
import os

import pytest

from tests.registry import ABSENT, Registry, digest_of, expect

CONTENT = bytes(range(256)) * 4
SIZE = len(CONTENT)


@pytest.fixture
def address(owner: Registry, public: str) -> str:
    """Where CONTENT can be read."""
    return f"/v2/{public}/blobs/{owner.push_blob(public, CONTENT)}"


def test_a_blob_comes_back_with_everything_that_clients_compare(anonymous: Registry, address: str) -> None:
    digest = digest_of(CONTENT)
    expected = {
        "Docker-Content-Digest": digest,
        "ETag": f'"{digest}"',
        "Content-Length": str(SIZE),
        "Content-Type": "application/octet-stream",
        "Accept-Ranges": "bytes",
        "Cache-Control": "public, max-age=31536000, immutable",
        "Content-Disposition": "attachment",
        "X-Content-Type-Options": "nosniff",
        "Docker-Distribution-API-Version": "registry/2.0",
    }
    for response, content in ((anonymous.get(address), CONTENT), (anonymous.head(address), b"")):
        expect(response, 200)
        assert response.content == content
        assert expected.items() <= dict(response.headers.items()).items() | expected.items()
        assert {name: response.headers.get(name) for name in expected} == expected
        assert "Content-Encoding" not in response.headers
        assert "sandbox" in response.headers["Content-Security-Policy"]


def test_a_large_blob_comes_back_whole(owner: Registry, public: str) -> None:
    content = os.urandom(3_000_000)
    digest = owner.push_blob(public, content)
    assert owner.get(f"/v2/{public}/blobs/{digest}").content == content


def test_a_private_blob_is_cached_by_nobody_else(owner: Registry, private: str) -> None:
    digest = owner.push_blob(private, b"secret")
    assert owner.get(f"/v2/{private}/blobs/{digest}").headers["Cache-Control"].startswith("private, ")


@pytest.mark.parametrize(
    ("wanted", "start", "stop"),
    [
        ("bytes=0-9", 0, 10),
        ("bytes=500-", 500, SIZE),
        ("bytes=-500", SIZE - 500, SIZE),
        ("bytes=1000-9999", 1000, SIZE),
        ("bytes=0-0", 0, 1),
        (f"bytes=0-{SIZE - 1}", 0, SIZE),
    ],
)
def test_a_part_is_exactly_that_part(anonymous: Registry, address: str, wanted: str, start: int, stop: int) -> None:
    response = expect(anonymous.get(address, Range=wanted), 206)
    assert response.content == CONTENT[start:stop]
    assert response.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{SIZE}"
    assert response.headers["Content-Length"] == str(stop - start)


@pytest.mark.parametrize("wanted", [f"bytes={SIZE}-", "bytes=5000-6000", "bytes=500-0"])
def test_a_part_that_is_not_there_is_refused(anonymous: Registry, address: str, wanted: str) -> None:
    response = expect(anonymous.get(address, Range=wanted), 416, "SIZE_INVALID")
    assert response.headers["Content-Range"] == f"bytes */{SIZE}"


def test_several_parts_come_in_one_answer(anonymous: Registry, address: str) -> None:
    response = expect(anonymous.get(address, Range="bytes=0-4,100-199,-1"), 206)
    assert response.headers["Content-Length"] == str(len(response.content))
    assert response.headers["Docker-Content-Digest"] == digest_of(CONTENT)
    kind = response.headers["Content-Type"]
    message = email.message_from_bytes(f"Content-Type: {kind}\r\n".encode() + response.content)
    parts = {part["Content-Range"]: part.get_payload(decode=True) for part in message.walk() if not part.is_multipart()}
    assert parts == {
        f"bytes 0-4/{SIZE}": CONTENT[:5],
        f"bytes 100-199/{SIZE}": CONTENT[100:200],
        f"bytes {SIZE - 1}-{SIZE - 1}/{SIZE}": CONTENT[-1:],
    }


@pytest.mark.parametrize("wanted", ["bytes=0-4,3-9", "bytes=5000-,6000-", "lines=1-2", "bytes=x-y", "nonsense"])
def test_other_wishes_get_the_whole(anonymous: Registry, address: str, wanted: str) -> None:
    assert expect(anonymous.get(address, Range=wanted), 200).content == CONTENT


def test_head_knows_no_parts(anonymous: Registry, address: str) -> None:
    assert expect(anonymous.head(address, Range="bytes=0-9"), 200).headers["Content-Length"] == str(SIZE)


def test_a_part_of_another_version_is_the_whole(anonymous: Registry, address: str) -> None:
    same, other = f'"{digest_of(CONTENT)}"', f'"{ABSENT}"'
    expect(anonymous.get(address, Range="bytes=0-9", If_Range=same), 206)
    expect(anonymous.get(address, Range="bytes=0-9", If_Range=other), 200)


@pytest.mark.parametrize("form", ['"{}"', "{}", 'W/"{}"', '"x", "{}"', "*"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_who_has_it_need_not_load_it(anonymous: Registry, address: str, method: str, form: str) -> None:
    digest = digest_of(CONTENT)
    response = anonymous.request(method, address, headers={"If-None-Match": form.format(digest)})
    assert (response.status_code, response.content) == (304, b"")
    assert response.headers["ETag"] == f'"{digest}"'


def test_an_empty_blob_is_a_blob(owner: Registry, public: str) -> None:
    address = f"/v2/{public}/blobs/{owner.push_blob(public, b'')}"
    assert expect(owner.get(address), 200).content == b""
    assert expect(owner.head(address), 200).headers["Content-Length"] == "0"


def test_sha512_is_answered_in_sha512(owner: Registry, public: str) -> None:
    digest = owner.push_blob(public, CONTENT, algorithm="sha512")
    for response in (owner.get(f"/v2/{public}/blobs/{digest}"), owner.head(f"/v2/{public}/blobs/{digest}")):
        assert expect(response, 200).headers["Docker-Content-Digest"] == digest


def test_what_is_not_here_is_not_found(owner: Registry, public: str) -> None:
    elsewhere = owner.push_blob(f"{public}-2", b"only there")
    manifest = owner.push_image(public, "1").digest
    for digest in (ABSENT, elsewhere, manifest):
        expect(owner.get(f"/v2/{public}/blobs/{digest}"), 404, "BLOB_UNKNOWN")
        response = expect(owner.head(f"/v2/{public}/blobs/{digest}"), 404)
        assert response.content == b""
        expect(owner.delete(f"/v2/{public}/blobs/{digest}"), 404, "BLOB_UNKNOWN")


@pytest.mark.parametrize(
    "digest", ["sha256:baddigest", "sha256:" + "A" * 64, "md5:d41d8cd98f00b204e9800998ecf8427e", "x", "sha256:"]
)
def test_what_is_no_digest_is_refused(owner: Registry, address: str, digest: str) -> None:
    path = address.rpartition("/")[0]
    expect(owner.get(f"{path}/{digest}"), 400, "DIGEST_INVALID")
    expect(owner.head(f"{path}/{digest}"), 400)


def test_a_deleted_blob_is_gone_here_and_stays_elsewhere(owner: Registry, address: str, public: str) -> None:
    expect(owner.post(f"/v2/{public}-2/blobs/uploads/?mount={digest_of(CONTENT)}&from={public}"), 201)
    expect(owner.delete(address), 202)
    expect(owner.head(address), 404)
    expect(owner.delete(address), 404, "BLOB_UNKNOWN")
    assert owner.get(f"/v2/{public}-2/blobs/{digest_of(CONTENT)}").content == CONTENT
    owner.push_blob(public, CONTENT)
    expect(owner.head(address), 200)


def test_a_blob_in_use_is_not_deleted(owner: Registry, public: str) -> None:
    image = owner.push_image(public, "1")
    for digest in image.blobs:
        expect(owner.delete(f"/v2/{public}/blobs/{digest}"), 405, "UNSUPPORTED")
    assert owner.pull_image(public, "1") == image


def test_who_may_push_may_not_delete(owner: Registry, writer: Registry, private: str) -> None:
    owner.push_image(private, "1")
    digest = writer.push_blob(private, b"by the writer")
    expect(writer.delete(f"/v2/{private}/blobs/{digest}"), 401, "UNAUTHORIZED")
    expect(owner.delete(f"/v2/{private}/blobs/{digest}"), 202)
