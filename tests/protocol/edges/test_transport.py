"""Cases 119, 122 to 125 and 128: connections, refusals over a body, and how bytes travel."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.live import Hub
from tests.registry import ABSENT, Registry, digest_of, expect, send, slices
from tests.waiting import until
from tests.wire import CHUNKED, Line, chunked

CONTENT = b"0123456789" * 100
DIGEST = digest_of(CONTENT)
_TLS_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(509)


# -- refusals


@pytest.mark.parametrize("size", [1000, 900_000, 20_000_000])
def test_case_119_a_refusal_is_heard_over_a_body(owner: Registry, hub: Hub, public: str, size: int) -> None:
    """With Content-Length and in chunks: the answer arrives, not a broken pipe."""
    owner.push_blob(public, b"{}")
    body = b"z" * size
    for content in (body, slices(body, 65_536)):
        response = send("PUT", f"{hub.url}/v2/olga/app/manifests/1", content=content)
        expect(response, 401, "UNAUTHORIZED")
        response = send("PATCH", f"{hub.url}/v2/{public}/blobs/uploads/x", content=body, headers=owner.bearer)
        expect(response, 404, "BLOB_UPLOAD_UNKNOWN")
    if size > 4 * 2**20:
        for content in (body, slices(body, 65_536)):
            response = send("PUT", f"{hub.url}/v2/{public}/manifests/1", content=content, headers=owner.bearer)
            expect(response, 413, "SIZE_INVALID")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", "/v2/olga/app/manifests/1", 401),
        ("PATCH", "/v2/olga/app/blobs/uploads/x", 401),
        ("PUT", "/v2/BAD/manifests/1", 400),
        ("POST", "/api/v1/repositories/", 401),
        ("POST", "/-/theme", 403),
    ],
)
@pytest.mark.parametrize("framing", ["Content-Length: 1000", "Content-Length: 100000000", CHUNKED])
def test_a_refusal_does_not_wait_for_the_body(hub: Hub, method: str, path: str, status: int, framing: str) -> None:
    """At every door. Once the body has come as well, the connection goes on; one that is too long ends it."""
    with Line(hub) as line:
        line.request(method, path, framing)
        answer = line.answer()
        assert answer.status == status
        if framing == "Content-Length: 100000000":
            assert answer.headers["connection"] == "close"
            line.send(b"x" * 3 * 2**20)
            assert line.is_over()
        else:
            assert "connection" not in answer.headers
            line.send(CONTENT if framing != CHUNKED else chunked(CONTENT))
            line.request("GET", "/v2/")
            assert line.answer().status == 401


def test_a_refused_body_that_trickles_is_cut_off(hub: Hub) -> None:
    with Line(hub, patience=0.05) as line:
        line.request("PUT", "/v2/olga/app/manifests/1", "Content-Length: 900000")

        def is_cut_off() -> bool:
            line.send(b"x" * 4096)
            with suppress(TimeoutError):
                return line.is_over()
            return False

        until(lambda: line.answer().status == 401, 1)
        until(is_cut_off, 30)


@pytest.mark.parametrize("known", [True, False], ids=["welcome", "refused"])
def test_a_client_that_waits_is_asked_to_send_when_it_is_welcome(
    hub: Hub, owner: Registry, public: str, known: bool
) -> None:
    location = owner.start_upload(public)
    with Line(hub) as line:
        bearer = owner.bearer if known else {}
        line.request("PATCH", location, "Content-Length: 1000", "Expect: 100-continue", bearer=bearer)
        assert line.answer().status == (100 if known else 401)
        if known:
            line.send(CONTENT)
            assert line.answer().headers["range"] == "0-999"
    expect(owner.delete(location), 204)


def test_a_body_that_nobody_asked_for_is_no_reason_to_hang_up(hub: Hub, owner: Registry, public: str) -> None:
    owner.push_image(public, "1")
    expect(owner.delete(f"/v2/{public}/manifests/none"), 404)  # from here on the token is good for deleting too
    for method, path, status in (
        ("POST", f"/v2/{public}/blobs/uploads/", 202),
        ("GET", f"/v2/{public}/tags/list", 200),
        ("DELETE", f"/v2/{public}/manifests/1", 202),
    ):
        with Line(hub) as line:
            for framing, body in ((f"Content-Length: {len(CONTENT)}", CONTENT), (CHUNKED, chunked(CONTENT))):
                line.request(method, path, framing, bearer=owner.bearer, content=body)
                assert line.answer().status in {status, 404 if method == "DELETE" else status}
            line.request("GET", "/v2/", bearer=owner.bearer)
            assert line.answer().body == b"{}"


# -- connections


@pytest.mark.parametrize("greeting", [_TLS_HELLO, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\0" * 64, b"hello\r\n\r\n"])
def test_case_122_another_protocol_is_hung_up_on(hub: Hub, greeting: bytes) -> None:
    with Line(hub) as line:
        line.send(greeting)
        with suppress(EOFError):
            answer = line.answer()
            assert (answer.status, answer.headers["connection"]) == (400, "close")
        assert line.is_over()


def test_case_128_answers_come_in_order_and_errors_leave_the_connection_in_order(
    hub: Hub, owner: Registry, public: str
) -> None:
    """Every answer belongs to its request, or the connection is closed."""
    image = owner.push_image(public, "1")
    digest, content = next(iter(image.blobs.items()))
    location = owner.start_upload(public)
    asked = [
        ("GET", f"/v2/{public}/blobs/{digest}", [], b"", 200),
        ("GET", f"/v2/{public}/blobs/{ABSENT}", [], b"", 404),
        ("HEAD", f"/v2/{public}/blobs/{ABSENT}", [], b"", 404),
        ("GET", f"/v2/{public}/blobs/{digest}", ["Range: bytes=999999-"], b"", 416),
        ("PUT", f"/v2/{public}/manifests/2", ["Content-Length: 3"], b"{}}", 400),
        ("PUT", f"/v2/{public}/manifests/2", [CHUNKED], b"3\r\n{}}\r\n0\r\n\r\n", 400),
        ("PATCH", location, ["Content-Length: 1000", "Content-Range: 7-1006"], CONTENT, 416),
        ("PATCH", location, [CHUNKED, "Content-Range: 7-1006"], chunked(CONTENT), 416),
        ("PUT", "/v2/BAD/manifests/1", ["Content-Length: 1000"], CONTENT, 400),
        ("HEAD", f"/v2/{public}/manifests/1", [], b"", 200),
        ("POST", f"/v2/{public}/tags/list", ["Content-Length: 1000"], CONTENT, 405),
        ("GET", f"/v2/{public}/manifests/1", [f'If-None-Match: "{image.digest}"'], b"", 304),
        ("GET", f"/v2/{public}/blobs/{digest}", ["Range: bytes=2-"], b"", 206),
    ]
    with Line(hub) as line:
        for method, path, headers, body, status in asked:  # one by one
            line.request(method, path, *headers, bearer=owner.bearer, content=body)
            assert line.answer(method).status == status
        for method, path, headers, body, _ in asked:  # all at once
            line.request(method, path, *headers, bearer=owner.bearer, content=body)
        answers = [line.answer(method) for method, *_ in asked]
    assert [answer.status for answer in answers] == [status for *_, status in asked]
    assert (answers[0].body, answers[-1].body) == (content, content[2:])
    expect(owner.delete(location), 204)


def test_a_connection_serves_one_person_after_another(hub: Hub, owner: Registry, private: str) -> None:
    """Front servers put the requests of many on one connection."""
    owner.push_image(private, "1")
    with Line(hub) as line:
        for bearer, status in ((owner.bearer, 200), ({}, 401), (owner.bearer, 200), ({"Authorization": "x"}, 401)):
            line.request("GET", f"/v2/{private}/manifests/1", bearer=bearer)
            assert line.answer().status == status


# -- bytes


def test_case_123_a_blob_under_sha512_is_answered_in_sha512(owner: Registry, public: str) -> None:
    digest = digest_of(CONTENT, "sha512")
    for way in ("monolithic", "post", "chunked", "streamed"):
        assert owner.push_blob(public, CONTENT, way=way, algorithm="sha512") == digest  # compares the header of PUT
    path = f"/v2/{public}/blobs/{digest}"
    for response in (owner.get(path), owner.head(path), owner.get(path, Range="bytes=0-9")):
        assert response.headers["Docker-Content-Digest"] == digest
        assert response.headers["ETag"] == f'"{digest}"'
    expect(owner.head(f"/v2/{public}/blobs/{DIGEST}"), 404)


@pytest.mark.skipif(sys.platform != "linux", reason="looks at processes through /proc")
@pytest.mark.parametrize("in_one_piece", [True, False])
def test_case_124_a_large_blob_is_hashed_while_it_comes(
    hub: Hub, owner: Registry, public: str, in_one_piece: bool
) -> None:
    """Clients give up 30 seconds after the last byte. The hub reads nothing again: the end costs no more for a large
    blob than for a small one."""
    size = 32 * 2**20
    content = os.urandom(size)
    location = owner.start_upload(public)
    if not in_one_piece:
        expect(owner.patch(location, lambda: slices(content, 2**20)), 202)
    before = bytes_read(hub)
    response = owner.put(f"{location}?digest={digest_of(content)}", content if in_one_piece else b"")
    expect(response, 201)
    assert bytes_read(hub) - before < size / 4


def bytes_read(hub: Hub) -> int:
    """What the server's processes have read from files so far; what comes from sockets does not count."""
    texts = [Path(f"/proc/{pid}/io").read_text() for pid in hub.pids]
    assert texts
    return sum(int(line.split()[1]) for text in texts for line in text.splitlines() if line.startswith("rchar:"))


@pytest.mark.parametrize("wanted", ["gzip", "gzip, deflate, br, zstd", "zstd;q=1, *;q=0.5", "identity;q=0"])
def test_case_125_content_is_never_encoded(owner: Registry, public: str, wanted: str) -> None:
    image = owner.push_image(public, "1", layers=(b"a" * 100_000,))
    paths = {f"blobs/{digest}": content for digest, content in image.blobs.items()} | {"manifests/1": image.manifest}
    for path, content in paths.items():
        for method in ("GET", "HEAD"):
            response = owner.request(method, f"/v2/{public}/{path}", headers={"Accept-Encoding": wanted})
            assert expect(response, 200).headers["Content-Length"] == str(len(content))
            assert "Content-Encoding" not in response.headers
            assert response.content == (content if method == "GET" else b"")
    response = owner.get(f"/v2/{public}/tags/list", Accept_Encoding=wanted)
    assert "Content-Encoding" not in response.headers
