"""Cases 6 to 16: chunks and their places."""

from __future__ import annotations

import pytest

from tests.registry import Registry, digest_of, expect

CONTENT = b"0123456789" * 100
DIGEST = digest_of(CONTENT)


@pytest.fixture
def location(owner: Registry, public: str) -> str:
    """A fresh session."""
    return owner.start_upload(public)


@pytest.fixture
def begun(owner: Registry, location: str) -> str:
    """A session with the first hundred bytes; the location is the one from its start."""
    expect(owner.patch(location, CONTENT[:100], Content_Range="0-99"), 202)
    return location


def finish(client: Registry, location: str, start: int = 100) -> None:
    """Send the rest as the last chunk."""
    response = client.put(f"{location}?digest={DIGEST}", CONTENT[start:], Content_Range=f"{start}-999")
    expect(response, 201)


def test_case_006_a_gap_is_refused_and_the_session_says_where_it_is(owner: Registry, begun: str) -> None:
    response = expect(owner.patch(begun, CONTENT[:100], Content_Range="200-299"), 416, "BLOB_UPLOAD_INVALID")
    assert (response.headers["Location"], response.headers["Range"]) == (begun, "0-99")
    assert expect(owner.get(begun), 204).headers["Range"] == "0-99"
    finish(owner, begun)


@pytest.mark.parametrize("place", ["0-99", "50-149", "99-198"])
def test_case_007_a_chunk_that_is_sent_again_is_refused(owner: Registry, location: str, place: str) -> None:
    latest = expect(owner.patch(location, CONTENT[:100], Content_Range="0-99"), 202).headers["Location"]
    response = expect(owner.patch(latest, CONTENT[:100], Content_Range=place), 416, "BLOB_UPLOAD_INVALID")
    assert response.headers["Range"] == "0-99"
    finish(owner, latest)


def test_case_008_and_so_it_is_through_the_first_location(owner: Registry, begun: str) -> None:
    expect(owner.patch(begun, CONTENT[100:200], Content_Range="100-199"), 202)
    for start in (0, 100):
        place = f"{start}-{start + 99}"
        response = owner.patch(begun, CONTENT[start : start + 100], Content_Range=place)
        assert expect(response, 416, "BLOB_UPLOAD_INVALID").headers["Range"] == "0-199"
    finish(owner, begun, 200)


def test_case_009_the_first_location_tells_the_latest_state(owner: Registry, location: str) -> None:
    latest = location
    for start in range(0, 1000, 250):
        response = owner.patch(latest, CONTENT[start : start + 250], Content_Range=f"{start}-{start + 249}")
        latest = expect(response, 202).headers["Location"]
        status = expect(owner.get(location), 204)
        assert (status.headers["Range"], status.headers["Location"]) == (f"0-{start + 249}", latest)
        assert status.headers["Docker-Upload-UUID"] == latest.rpartition("/")[2]


def test_case_010_a_first_chunk_from_the_middle_is_refused_and_nothing_is_kept(owner: Registry, location: str) -> None:
    response = expect(owner.patch(location, CONTENT[100:], Content_Range="100-999"), 416, "BLOB_UPLOAD_INVALID")
    assert response.headers["Range"] == "0-0"
    assert expect(owner.get(location), 204).headers["Range"] == "0-0"
    finish(owner, location, 0)


@pytest.mark.parametrize("place", ["0-99", "50-149", "200-299"])
def test_case_011_a_last_chunk_out_of_order_is_refused_and_the_session_lives(
    owner: Registry, begun: str, place: str
) -> None:
    response = owner.put(f"{begun}?digest={DIGEST}", CONTENT[:100], Content_Range=place)
    expect(response, 416, "BLOB_UPLOAD_INVALID")
    assert (response.headers["Location"], response.headers["Range"]) == (begun, "0-99")
    finish(owner, begun)


def test_case_012_the_last_chunk_may_close_the_upload(owner: Registry, begun: str, public: str) -> None:
    response = owner.put(f"{begun}?digest={DIGEST}", CONTENT[100:], Content_Range="100-999")
    assert expect(response, 201).headers["Location"] == f"/v2/{public}/blobs/{DIGEST}"
    assert owner.get(f"/v2/{public}/blobs/{DIGEST}").content == CONTENT


@pytest.mark.parametrize("place", ["100-198", "100-200", "100-100"])
def test_case_013_a_place_and_a_length_that_disagree_are_refused(owner: Registry, begun: str, place: str) -> None:
    for response in (
        owner.patch(begun, CONTENT[100:200], Content_Range=place),
        owner.put(f"{begun}?digest={DIGEST}", CONTENT[100:200], Content_Range=place),
    ):
        expect(response, 400, "SIZE_INVALID")
        assert expect(owner.get(begun), 204).headers["Range"] == "0-99"
    finish(owner, begun)


@pytest.mark.parametrize("place", ["bytes 100-999/*", "bytes 100-999/1000", "bytes=100-999"])
def test_case_014_the_place_may_be_written_as_http_writes_it(owner: Registry, begun: str, place: str) -> None:
    expect(owner.patch(begun, CONTENT[100:], Content_Range=place), 202)
    expect(owner.put(f"{begun}?digest={DIGEST}"), 201)


@pytest.mark.parametrize("place", ["nonsense", "-", "1-", "-1", "0-99,100-199", "0-99 garbage", "0x64-0x3e7"])
def test_case_015_a_place_that_is_none_is_refused(owner: Registry, begun: str, place: str) -> None:
    """Both 400 and 416 are right; 416 would promise that another place helps."""
    for response in (
        owner.patch(begun, CONTENT[100:], Content_Range=place),
        owner.put(f"{begun}?digest={DIGEST}", CONTENT[100:], Content_Range=place),
    ):
        expect(response, 400, "BLOB_UPLOAD_INVALID")
    finish(owner, begun)


@pytest.mark.parametrize("place", ["999-100", "100-99"])
def test_case_016_a_place_that_ends_before_it_starts_is_refused(owner: Registry, begun: str, place: str) -> None:
    for response in (
        owner.patch(begun, CONTENT[100:], Content_Range=place),
        owner.put(f"{begun}?digest={DIGEST}", CONTENT[100:], Content_Range=place),
    ):
        expect(response, 416, "BLOB_UPLOAD_INVALID")
    finish(owner, begun)
