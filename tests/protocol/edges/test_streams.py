"""Cases 1 to 5, 17, 18: bodies as they come over the wire, whole, broken off, and two at once."""

from __future__ import annotations

import os
from functools import partial

import pytest

from tests.live import Hub
from tests.make.threads import all_together
from tests.registry import Registry, digest_of, expect
from tests.waiting import until
from tests.wire import CHUNKED, Line, chunked

CONTENT = b"0123456789" * 100
DIGEST = digest_of(CONTENT)


def kept(client: Registry, location: str) -> int:
    """How many bytes the session has; 1 also stands for none."""
    return int(expect(client.get(location), 204).headers["Range"].removeprefix("0-")) + 1


@pytest.mark.parametrize("size", [1, 300_000])
def test_case_001_a_chunked_patch_without_a_length_is_stored_whole(
    hub: Hub, owner: Registry, public: str, size: int
) -> None:
    content = os.urandom(size)
    location = owner.start_upload(public)
    with Line(hub) as line:
        line.request("PATCH", location, CHUNKED, bearer=owner.bearer, content=chunked(content))
        answer = line.answer()
    assert (answer.status, answer.headers["range"]) == (202, f"0-{size - 1}")
    expect(owner.put(f"{location}?digest={digest_of(content)}"), 201)
    assert owner.get(f"/v2/{public}/blobs/{digest_of(content)}").content == content


@pytest.mark.parametrize("size", [0, 1, 300_000])
def test_case_002_a_whole_blob_may_come_in_chunks_without_a_length(
    hub: Hub, owner: Registry, public: str, size: int
) -> None:
    content = os.urandom(size)
    location = owner.start_upload(public)
    with Line(hub) as line:
        path = f"{location}?digest={digest_of(content)}"
        line.request("PUT", path, CHUNKED, bearer=owner.bearer, content=chunked(content))
        assert line.answer().status == 201
    assert owner.get(f"/v2/{public}/blobs/{digest_of(content)}").content == content


@pytest.mark.parametrize("length", [0, 3, 10_000], ids=lambda length: f"length {length}")
@pytest.mark.parametrize("chunked_first", [True, False])
def test_case_003_chunks_win_over_a_length_and_the_connection_ends(
    hub: Hub, owner: Registry, public: str, length: int, chunked_first: bool
) -> None:
    """RFC 9112, 6.3: nothing that follows on the connection is taken for a request."""
    location = owner.start_upload(public)
    headers = [CHUNKED, f"Content-Length: {length}"]
    with Line(hub) as line:
        line.request(
            "PATCH",
            location,
            *(headers if chunked_first else reversed(headers)),
            bearer=owner.bearer,
            content=chunked(CONTENT),
        )
        line.request("GET", "/v2/olga/smuggled/tags/list")
        answer = line.answer()
        assert answer.status in {202, 400}
        assert line.is_over()
    if answer.status == 202:
        expect(owner.put(f"{location}?digest={DIGEST}"), 201)
        assert owner.get(f"/v2/{public}/blobs/{DIGEST}").content == CONTENT


@pytest.mark.parametrize("headers", [["Content-Length: 0"], [CHUNKED], []], ids=str)
def test_case_004_an_empty_patch_changes_nothing(hub: Hub, owner: Registry, public: str, headers: list[str]) -> None:
    location = owner.start_upload(public)
    body = b"0\r\n\r\n" if CHUNKED in headers else b""
    for shown in ("0-0", "0-999"):
        with Line(hub) as line:
            line.request("PATCH", location, *headers, bearer=owner.bearer, content=body)
            answer = line.answer()
        assert (answer.status, answer.headers["range"]) == (202, shown)
        if shown == "0-0":
            expect(owner.patch(location, CONTENT, Content_Range="0-999"), 202)
    expect(owner.put(f"{location}?digest={DIGEST}"), 201)


def test_case_005_one_byte_looks_like_none_and_counts(owner: Registry, public: str) -> None:
    location = owner.start_upload(public)
    assert expect(owner.patch(location, CONTENT[:1]), 202).headers["Range"] == "0-0"
    assert expect(owner.get(location), 204).headers["Range"] == "0-0"
    expect(owner.patch(location, CONTENT[:1], Content_Range="0-0"), 416)
    expect(owner.patch(location, CONTENT[1:], Content_Range="1-999"), 202)
    expect(owner.put(f"{location}?digest={DIGEST}"), 201)


@pytest.mark.parametrize("framing", ["Content-Length: 1000", CHUNKED])
def test_case_017_what_came_before_a_connection_broke_is_kept_to_the_byte(
    hub: Hub, owner: Registry, public: str, framing: str
) -> None:
    """Closed, everything that was sent is kept; reset, a part of it; either way the status says how much it is."""
    for broken in (Line.finish, Line.reset):
        location = owner.start_upload(public)
        place = ["Content-Range: 0-999"] if broken is Line.reset else []
        with Line(hub) as line:
            piece = b"190\r\n" + CONTENT[:400] + b"\r\n258\r\n" if framing == CHUNKED else CONTENT[:400]
            line.request("PATCH", location, framing, *place, bearer=owner.bearer, content=piece)
            broken(line)
        if broken is Line.finish:
            until(lambda: kept(owner, location) == 400, 20)  # noqa: B023 - called at once
        assert resumed(owner, location) <= 400
        expect(owner.put(f"{location}?digest={DIGEST}"), 201)
        assert owner.get(f"/v2/{public}/blobs/{DIGEST}").content == CONTENT


def resumed(client: Registry, location: str) -> int:
    """Send the rest of CONTENT from where the session stands, once nobody else writes to it; returns where it stood."""
    found: list[int] = []

    def accepted() -> bool:
        shown = kept(client, location)
        for start in {0, 1} if shown == 1 else {shown}:
            response = client.patch(location, CONTENT[start:], Content_Range=f"{start}-999")
            assert response.status_code in {202, 400, 416}, response.text
            found.extend([start] if response.status_code == 202 else [])
        return bool(found)

    until(accepted, 30)
    return found[0]


@pytest.mark.parametrize("placed", [True, False], ids=["with a place", "as streams"])
def test_case_018_two_patches_never_interleave(hub: Hub, owner: Registry, public: str, placed: bool) -> None:
    """One wins, and the other is told 416 or 400. Streams without a place may also follow each other, each whole."""
    for _ in range(20):
        location = owner.start_upload(public)
        answers = all_together([partial(trickle, hub, owner, location, letter, placed) for letter in "ab"])
        won = sorted(filter(None, answers))
        assert len(won) == 1 or (len(won) == 2 and not placed), answers
        content = "".join(answer[-1] * 100_000 for answer in won).encode()
        expect(owner.put(f"{location}?digest={digest_of(content)}"), 201)


def trickle(hub: Hub, client: Registry, location: str, letter: str, placed: bool) -> str:
    """PATCH a letter a hundred thousand times, in many small packets; returns its place and itself, or ""."""
    headers = [CHUNKED, *(["Content-Range: 0-99999"] if placed else [])]
    with Line(hub) as line:
        line.request("PATCH", location, *headers, bearer=client.bearer)
        line.send(*(b"3e8\r\n" + letter.encode() * 1000 + b"\r\n" for _ in range(100)), b"0\r\n\r\n")
        answer = line.answer()
    assert answer.status in {202, 400, 416}, answer
    return f"{answer.headers['range'].removeprefix('0-'):>9} {letter}" if answer.status == 202 else ""
