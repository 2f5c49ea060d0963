"""Range and Content-Range."""

from __future__ import annotations

import email

import pytest

from registry_api import ranges
from registry_api.errors import Refusal
from registry_api.ranges import ByteRange, Multipart


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-9", [(0, 10)]),
        ("bytes=90-", [(90, 100)]),
        ("bytes=-10", [(90, 100)]),
        ("bytes=-500", [(0, 100)]),
        ("bytes=95-1000", [(95, 100)]),
        ("Bytes = 0-0", [(0, 1)]),
        ("bytes=0-4,10-14", [(0, 5), (10, 15)]),
        ("bytes=0-4, 5-9 ,-1", [(0, 5), (5, 10), (99, 100)]),
        ("bytes=0-4,200-300", [(0, 5)]),
        ("bytes=" + ",".join(f"{place}-{place}" for place in range(100)), [(n, n + 1) for n in range(100)]),
    ],
)
def test_a_range_names_parts(header: str, expected: list[tuple[int, int]]) -> None:
    assert ranges.wanted(header, 100) == [ByteRange(*part) for part in expected]


@pytest.mark.parametrize(
    "header",
    [
        "",
        "bytes=",
        "bytes=-",
        "lines=1-2",
        "bytes=a-b",
        "bytes=٣-٤",
        "bytes=0-" + "9" * 19,
        "bytes=0-4,x",
        "bytes=0-4,",
        "bytes=0-4,4-9",
        "bytes=10-14,0-4",
        "bytes=0-,0-,0-,0-",
        "bytes=100-,200-",
        "bytes=" + ",".join(["0-0"] * 2000),
    ],
)
def test_what_is_no_wish_for_parts_gets_the_whole(header: str) -> None:
    assert ranges.wanted(header, 100) == []


def test_very_many_parts_are_the_whole() -> None:
    header = "bytes=" + ",".join(f"{place * 2}-{place * 2}" for place in range(1025))
    assert ranges.wanted(header, 10_000) == []
    assert len(ranges.wanted(header.rpartition(",")[0], 10_000)) == 1024


def test_several_parts_make_a_body_of_known_length() -> None:
    content = bytes(range(100))
    document = Multipart([ByteRange(0, 5), ByteRange(90, 100)], 100, boundary="cut")
    body = b"".join(document.body(lambda part: [content[part.start : part.stop]]))
    assert len(body) == document.length
    message = email.message_from_bytes(f"Content-Type: {document.content_type}\r\n".encode() + body)
    parts = [part for part in message.walk() if not part.is_multipart()]
    assert [part["Content-Range"] for part in parts] == ["bytes 0-4/100", "bytes 90-99/100"]
    assert [part.get_payload(decode=True) for part in parts] == [content[:5], content[90:]]


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=50-0", "bytes=-0"])
def test_what_is_not_there_cannot_be_had(header: str) -> None:
    with pytest.raises(Refusal) as refused:
        ranges.wanted(header, 100)
    assert refused.value.answer.status == 416
    assert refused.value.answer.headers == {"Content-Range": "bytes */100"}


def test_nothing_is_a_part_of_an_empty_blob() -> None:
    with pytest.raises(Refusal):
        ranges.wanted("bytes=0-0", 0)


def test_a_part_says_where_it_is() -> None:
    assert ByteRange(10, 20).content_range(100) == "bytes 10-19/100"
    assert ByteRange(10, 20).length == 10


@pytest.mark.parametrize("header", ["0-99", "bytes 0-99/*", "bytes 0-99/500", "bytes=0-99", " 0-99 "])
def test_a_chunk_names_its_first_and_last_byte(header: str) -> None:
    assert ranges.chunk(header) == ByteRange(0, 100)


@pytest.mark.parametrize(("header", "status"), [("nonsense", 400), ("0", 400), ("-5", 400), ("5-", 400), ("9-5", 416)])
def test_a_chunk_without_a_place_is_refused(header: str, status: int) -> None:
    with pytest.raises(Refusal) as refused:
        ranges.chunk(header)
    assert (refused.value.answer.status, refused.value.answer.code) == (status, "BLOB_UPLOAD_INVALID")
