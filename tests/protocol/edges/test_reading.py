"""Cases 45 to 53: blobs and manifests read whole, in parts, or not at all."""

from __future__ import annotations

import email

import httpx
import pytest

from tests.live import Hub
from tests.registry import ABSENT, OCI_MANIFEST, Registry, digest_of, expect
from tests.wire import Line

CONTENT = bytes(range(256)) * 4
SIZE = len(CONTENT)
DIGEST = digest_of(CONTENT)


@pytest.fixture
def address(owner: Registry, public: str) -> str:
    """Where CONTENT can be read."""
    return f"/v2/{public}/blobs/{owner.push_blob(public, CONTENT)}"


def parts_of(response: httpx.Response) -> dict[str, bytes]:
    """The parts of a multipart answer by their Content-Range, each of them raw bytes."""
    kind = response.headers["Content-Type"]
    message = email.message_from_bytes(f"Content-Type: {kind}\r\n".encode() + response.content)
    assert message.get_content_type() == "multipart/byteranges"
    found = {}
    for part in message.walk():
        if not part.is_multipart():
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            found[str(part["Content-Range"])] = content
    return found


def test_case_045_what_is_missing_is_told_without_a_body(hub: Hub, owner: Registry, public: str) -> None:
    owner.push_image(public, "1")
    for path in (f"/v2/{public}/blobs/{ABSENT}", f"/v2/{public}/manifests/{ABSENT}", f"/v2/{public}/manifests/none"):
        with Line(hub) as line:
            line.request("HEAD", path, bearer=owner.bearer)
            assert line.answer("HEAD").status == 404
            line.request("GET", path, bearer=owner.bearer)  # had there been a body, this would read it
            answer = line.answer()
        assert answer.status == 404
        assert answer.code == ("BLOB_UNKNOWN" if "/blobs/" in path else "MANIFEST_UNKNOWN")


def test_case_046_head_tells_the_length_of_what_get_sends(hub: Hub, owner: Registry, public: str) -> None:
    image = owner.push_image(public, "1", layers=(CONTENT, b""))
    paths = {f"/v2/{public}/blobs/{digest}": content for digest, content in image.blobs.items()}
    paths |= {f"/v2/{public}/manifests/{reference}": image.manifest for reference in ("1", image.digest)}
    for path, content in paths.items():
        with Line(hub) as line:
            for _ in range(2):
                line.request("HEAD", path, bearer=owner.bearer)
                head = line.answer("HEAD")
                assert (head.status, head.headers["content-length"]) == (200, str(len(content)))
                assert head.headers["docker-content-digest"] == digest_of(content)
            line.request("GET", path, bearer=owner.bearer)
            assert line.answer().body == content


@pytest.mark.parametrize(
    ("wanted", "start", "stop"),
    [
        ("bytes=0-9", 0, 10),
        ("bytes=500-", 500, SIZE),
        ("bytes=-500", SIZE - 500, SIZE),
        ("bytes=-9999", 0, SIZE),
        ("bytes=1000-9999", 1000, SIZE),
        ("bytes=0-0", 0, 1),
        (f"bytes=0-{SIZE - 1}", 0, SIZE),
        (f"bytes={SIZE - 1}-", SIZE - 1, SIZE),
    ],
)
def test_case_047_a_part_is_exactly_that_part(
    anonymous: Registry, address: str, wanted: str, start: int, stop: int
) -> None:
    response = expect(anonymous.get(address, Range=wanted), 206)
    assert response.content == CONTENT[start:stop]
    assert response.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{SIZE}"
    assert response.headers["Content-Length"] == str(stop - start)
    assert response.headers["Docker-Content-Digest"] == DIGEST


@pytest.mark.parametrize("wanted", [f"bytes={SIZE}-", "bytes=5000-6000", "bytes=-0"])
def test_case_048_a_part_behind_the_end_is_refused_and_the_connection_lives(
    hub: Hub, owner: Registry, address: str, wanted: str
) -> None:
    with Line(hub) as line:
        line.request("GET", address, f"Range: {wanted}", bearer=owner.bearer)
        answer = line.answer()
        assert (answer.status, answer.headers["content-range"]) == (416, f"bytes */{SIZE}")
        line.request("GET", address, bearer=owner.bearer)
        assert line.answer().body == CONTENT


def test_case_049_a_part_that_ends_before_it_starts_is_refused(anonymous: Registry, address: str) -> None:
    """RFC 9110 would let a server ignore it; the conformance suite counts the whole as not supporting ranges."""
    response = expect(anonymous.get(address, Range="bytes=500-0"), 416, "SIZE_INVALID")
    assert response.headers["Content-Range"] == f"bytes */{SIZE}"


def test_case_050_several_parts_come_in_one_answer(anonymous: Registry, address: str) -> None:
    response = expect(anonymous.get(address, Range="bytes=0-4,100-199,-1"), 206)
    assert response.headers["Content-Length"] == str(len(response.content))
    assert response.headers["Docker-Content-Digest"] == DIGEST
    assert parts_of(response) == {
        f"bytes 0-4/{SIZE}": CONTENT[:5],
        f"bytes 100-199/{SIZE}": CONTENT[100:200],
        f"bytes {SIZE - 1}-{SIZE - 1}/{SIZE}": CONTENT[-1:],
    }


@pytest.mark.parametrize(
    "wanted", ["bytes=0-4,3-9", "bytes=10-14,0-4", "bytes=5000-,6000-", "bytes=" + "0-0," * 1500 + "0-0"]
)
def test_several_parts_that_make_no_sense_are_the_whole(anonymous: Registry, address: str, wanted: str) -> None:
    """Overlapping, backwards, all behind the end, very many: never 416, as clients that ask for several expect."""
    assert expect(anonymous.get(address, Range=wanted), 200).content == CONTENT


@pytest.mark.parametrize("wanted", ["lines=1-2", "bytes", "bytes=", "bytes=x-y", "bytes=0-4,x", "nonsense", "-"])
def test_case_051_a_wish_that_is_not_understood_gets_the_whole(anonymous: Registry, address: str, wanted: str) -> None:
    response = expect(anonymous.get(address, Range=wanted), 200)
    assert (response.content, response.headers.get("Content-Range")) == (CONTENT, None)


def test_an_empty_blob_has_no_parts(owner: Registry, public: str) -> None:
    address = f"/v2/{public}/blobs/{owner.push_blob(public, b'')}"
    assert owner.get(address, Range="bytes=0-0").headers["Content-Range"] == "bytes */0"
    assert expect(owner.get(address, Range="bytes=0-0,2-3"), 200).content == b""


@pytest.mark.parametrize("form", ['"{}"', "{}", 'W/"{}"', '"x", "{}"', "*"])
def test_case_052_who_has_it_need_not_load_it(owner: Registry, public: str, address: str, form: str) -> None:
    digest = owner.push_image(public, "1").digest
    for path, held in (
        (address, DIGEST),
        (f"/v2/{public}/manifests/1", digest),
        (f"/v2/{public}/manifests/{digest}", digest),
    ):
        for method in ("GET", "HEAD"):
            response = owner.request(method, path, headers={"If-None-Match": form.format(held)})
            assert (response.status_code, response.content) == (304, b"")
            assert response.headers["ETag"] == f'"{held}"'
        expect(owner.get(path, If_None_Match=f'"{ABSENT}"'), 200)


def test_case_053_a_pull_is_resumed_at_the_hub_itself(owner: Registry, public: str, address: str) -> None:
    """This hub sends its clients to no other storage, so what must hold there holds here: the resumed part runs to the
    end of the blob, and no answer is a redirect."""
    for start in (1, 500, SIZE - 1):
        response = expect(owner.get(address, Range=f"bytes={start}-", If_Range=f'"{DIGEST}"'), 206)
        assert (response.history, response.headers.get("Location")) == ([], None)
        assert response.content == CONTENT[start:]
    image = owner.push_image(public, "1")
    for path in (address, f"/v2/{public}/manifests/1", f"/v2/{public}/manifests/{image.digest}"):
        for method in ("GET", "HEAD"):
            assert expect(owner.request(method, path, headers={"Accept": OCI_MANIFEST}), 200).next_request is None
