"""Range and Content-Range."""

from __future__ import annotations

import pytest

from registry_api import ranges
from registry_api.errors import Refusal
from registry_api.ranges import ByteRange


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-9", ByteRange(0, 10)),
        ("bytes=90-", ByteRange(90, 100)),
        ("bytes=-10", ByteRange(90, 100)),
        ("bytes=-500", ByteRange(0, 100)),
        ("bytes=95-1000", ByteRange(95, 100)),
        ("Bytes = 0-0", ByteRange(0, 1)),
        ("", None),
        ("bytes=", None),
        ("bytes=-", None),
        ("bytes=0-4,10-14", None),
        ("lines=1-2", None),
        ("bytes=a-b", None),
        ("bytes=٣-٤", None),
        ("bytes=0-" + "9" * 19, None),
    ],
)
def test_a_range_is_one_part_or_the_whole(header: str, expected: ByteRange | None) -> None:
    assert ranges.wanted(header, 100) == expected


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
