"""end-4, 5, 6, 11, 13 and 14: every way to push a blob, and every way to do it wrong."""

from __future__ import annotations

import os
import socket
import time
from urllib.parse import quote

import pytest

from tests.live import Hub, running
from tests.registry import WAYS, Registry, digest_of, expect, slices

CONTENT = b"0123456789" * 100
DIGEST = digest_of(CONTENT)


def offset_of(client: Registry, location: str) -> int:
    """How many bytes the session has, 0 and 1 being one answer."""
    shown = expect(client.get(location), 204).headers["Range"]
    return int(shown.removeprefix("0-")) + 1


# -- all the ways


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("size", [0, 1, 300_000])
def test_every_way_leads_to_the_same_blob(owner: Registry, public: str, way: str, size: int, algorithm: str) -> None:
    content = os.urandom(size)
    digest = owner.push_blob(public, content, way=way, algorithm=algorithm)
    assert expect(owner.get(f"/v2/{public}/blobs/{digest}"), 200).content == content


@pytest.mark.parametrize("suffix", ["/", ""])
def test_a_session_says_where_to_go(owner: Registry, public: str, suffix: str) -> None:
    response = expect(owner.post(f"/v2/{public}/blobs/uploads{suffix}", Content_Type="application/json"), 202)
    upload_id = response.headers["Docker-Upload-UUID"]
    assert response.headers["Location"] == f"/v2/{public}/blobs/uploads/{upload_id}"
    assert (response.headers["Range"], response.headers["Content-Length"]) == ("0-0", "0")
    for method in ("GET", "HEAD"):
        status = expect(owner.request(method, response.headers["Location"]), 204)
        assert (status.headers["Range"], status.headers["Docker-Upload-UUID"]) == ("0-0", upload_id)


def test_a_short_name_is_an_alias_and_is_echoed(hub: Hub) -> None:
    hub.python(
        "from accounts import namespaces; from tests.make import people; namespaces.ensure_site_namespace()\n"
        "from accounts.models import User; User.objects.filter(username='olga').update(is_staff=True)"
    )
    owner = Registry(hub.url, hub.people["owner"].credentials)
    image = owner.push_image("short-name", "1")
    assert owner.pull_image("library/short-name", "1") == image
    assert owner.get("/v2/short-name/tags/list").json()["name"] == "short-name"
    assert owner.get("/v2/library/short-name/tags/list").json()["name"] == "library/short-name"


def test_names_may_hold_the_words_of_the_routes(owner: Registry, public: str) -> None:
    for name in (f"{public}/blobs/uploads", f"{public}/manifests", f"{public}/tags/list"):
        image = owner.push_image(name, "1")
        assert owner.pull_image(name, "1") == image
        assert owner.get(f"/v2/{name}/tags/list").json() == {"name": name, "tags": ["1"]}


# -- chunks


def test_a_chunk_is_answered_with_the_last_byte_so_far(owner: Registry, public: str) -> None:
    location = owner.start_upload(public)
    for start, stop in ((0, 100), (100, 101), (101, 1000)):
        response = expect(owner.patch(location, CONTENT[start:stop], Content_Range=f"{start}-{stop - 1}"), 202)
        assert response.headers["Range"] == f"0-{stop - 1}"
        assert offset_of(owner, location) == stop
    expect(owner.put(f"{location}?digest={DIGEST}"), 201)


def test_an_empty_chunk_changes_nothing(owner: Registry, public: str) -> None:
    location = owner.start_upload(public)
    assert expect(owner.patch(location, b""), 202).headers["Range"] == "0-0"
    expect(owner.patch(location, CONTENT, Content_Range="0-999"), 202)
    assert expect(owner.patch(location, b""), 202).headers["Range"] == "0-999"


@pytest.mark.parametrize("place", ["0-99", "50-149", "200-299"])
def test_a_chunk_out_of_order_is_refused_and_the_session_lives(owner: Registry, public: str, place: str) -> None:
    location = owner.start_upload(public)
    expect(owner.patch(location, CONTENT[:100], Content_Range="0-99"), 202)
    for response in (
        owner.patch(location, CONTENT[:100], Content_Range=place),
        owner.put(f"{location}?digest={DIGEST}", CONTENT[:100], Content_Range=place),
    ):
        expect(response, 416, "BLOB_UPLOAD_INVALID")
        assert (response.headers["Location"], response.headers["Range"]) == (location, "0-99")
    assert offset_of(owner, location) == 100
    expect(owner.put(f"{location}?digest={DIGEST}", CONTENT[100:], Content_Range="100-999"), 201)


@pytest.mark.parametrize(
    ("place", "status", "code"),
    [
        ("0-98", 400, "SIZE_INVALID"),
        ("0-100", 400, "SIZE_INVALID"),
        ("nonsense", 400, "BLOB_UPLOAD_INVALID"),
        ("99-0", 416, "BLOB_UPLOAD_INVALID"),
    ],
)
def test_a_chunk_that_contradicts_itself_is_refused(
    owner: Registry, public: str, place: str, status: int, code: str
) -> None:
    location = owner.start_upload(public)
    expect(owner.patch(location, CONTENT[:100], Content_Range=place), status, code)
    assert expect(owner.get(location), 204).headers["Range"] == "0-0"
    expect(owner.put(f"{location}?digest={DIGEST}", CONTENT), 201)


def test_the_place_may_be_written_as_http_writes_it(owner: Registry, public: str) -> None:
    location = owner.start_upload(public)
    expect(owner.patch(location, CONTENT, Content_Range="bytes 0-999/*"), 202)
    expect(owner.put(f"{location}?digest={DIGEST}"), 201)


def test_streams_and_chunks_may_follow_each_other(owner: Registry, public: str) -> None:
    location = owner.start_upload(public, "?digest-algorithm=sha512")
    expect(owner.patch(location, lambda: slices(CONTENT[:300], 7)), 202)
    expect(owner.patch(location, CONTENT[300:500]), 202)
    digest = digest_of(CONTENT, "sha512")
    expect(owner.put(f"{location}?digest={digest}", lambda: slices(CONTENT[500:], 11)), 201)
    assert owner.get(f"/v2/{public}/blobs/{digest}").content == CONTENT


# -- the end of a session


def test_wrong_content_ends_the_session_and_stores_nothing(owner: Registry, public: str) -> None:
    location = owner.start_upload(public)
    expect(owner.patch(location, b"something else"), 202)
    expect(owner.put(f"{location}?digest={DIGEST}"), 400, "DIGEST_INVALID")
    expect(owner.head(f"/v2/{public}/blobs/{DIGEST}"), 404)
    expect(owner.get(location), 404, "BLOB_UPLOAD_UNKNOWN")


def test_a_cancelled_session_was_not_finished(owner: Registry, public: str) -> None:
    owner.push_blob(public, CONTENT)
    location = owner.start_upload(public)
    expect(owner.patch(location, CONTENT), 202)
    expect(owner.delete(location), 204)
    expect(owner.put(f"{location}?digest={DIGEST}"), 404, "BLOB_UPLOAD_UNKNOWN")


@pytest.mark.parametrize(
    "query", ["", "?digest=", "?digest=x", "?digest=sha256:" + "A" * 64, "?digest=md5:" + "0" * 32]
)
def test_a_digest_that_is_none_is_refused(owner: Registry, public: str, query: str) -> None:
    location = owner.start_upload(public)
    expect(owner.put(location + query, CONTENT), 400, "DIGEST_INVALID")
    if query:
        expect(owner.post(f"/v2/{public}/blobs/uploads/{query}", CONTENT), 400, "DIGEST_INVALID")


def test_an_unknown_algorithm_is_refused_at_once(owner: Registry, public: str) -> None:
    expect(owner.post(f"/v2/{public}/blobs/uploads/?digest-algorithm=md5"), 400, "DIGEST_INVALID")


def test_one_post_with_the_wrong_content_stores_nothing(owner: Registry, public: str) -> None:
    expect(owner.post(f"/v2/{public}/blobs/uploads/?digest={DIGEST}", b"else"), 400, "DIGEST_INVALID")
    expect(owner.head(f"/v2/{public}/blobs/{DIGEST}"), 404)


def test_one_post_without_content_opens_a_session(owner: Registry, public: str) -> None:
    location = expect(owner.post(f"/v2/{public}/blobs/uploads/?digest={DIGEST}"), 202).headers["Location"]
    expect(owner.put(f"{location}?digest={quote(DIGEST, safe='')}", CONTENT), 201)


def test_a_cancelled_session_is_gone(owner: Registry, writer: Registry, private: str) -> None:
    owner.push_image(private, "1")
    location = writer.start_upload(private)
    expect(writer.patch(location, CONTENT), 202)
    assert expect(writer.delete(location), 204).content == b""
    for response in (
        writer.delete(location),
        writer.get(location),
        writer.patch(location, CONTENT),
        writer.put(f"{location}?digest={DIGEST}", CONTENT),
    ):
        expect(response, 404, "BLOB_UPLOAD_UNKNOWN")


@pytest.mark.parametrize("upload_id", ["x", "../x", "00000000-0000-4000-8000-000000000000", "%00"])
def test_an_unknown_session_is_unknown(owner: Registry, public: str, upload_id: str) -> None:
    owner.start_upload(public)
    location = f"/v2/{public}/blobs/uploads/{quote(upload_id, safe='%')}"
    expect(owner.patch(location, b"x"), 404)


# -- broken connections


def test_a_body_that_breaks_off_leaves_a_session_to_continue(hub: Hub, owner: Registry, public: str) -> None:
    location = owner.start_upload(public)
    head = [
        f"PATCH {location} HTTP/1.1",
        f"Host: {hub.registry}",
        f"Authorization: {owner.bearer['Authorization']}",
        "Content-Length: 1000",
        "\r\n",
    ]
    with socket.create_connection(("127.0.0.1", hub.port)) as line:
        line.sendall("\r\n".join(head).encode() + CONTENT[:400])
    deadline = time.monotonic() + 20
    while True:
        response = owner.patch(location, CONTENT[400:], Content_Range="400-999")
        if response.status_code == 202:
            break
        assert time.monotonic() < deadline, response.text
        kept = offset_of(owner, location)
        assert kept in {1, 400}, "a torn body left neither nothing nor what had arrived"
    expect(owner.put(f"{location}?digest={DIGEST}"), 201)


# -- limits


def test_a_blob_has_a_largest_size_and_a_namespace_its_bytes() -> None:
    with running(HUB_MAX_BLOB_BYTES="64k") as hub:
        owner = Registry(hub.url, hub.people["owner"].credentials)
        name = "olga/limits"
        for content in (os.urandom(100_000), lambda: slices(b"z" * 100_000)):
            expect(owner.patch(owner.start_upload(name), content), 413, "SIZE_INVALID")
        owner.push_blob(name, os.urandom(60_000))
        hub.python(
            "from repositories.models import NamespaceUsage\n"
            "NamespaceUsage.objects.filter(namespace__name='olga').update(byte_limit=100_000)"
        )
        for content in (os.urandom(50_000), lambda: slices(os.urandom(50_000))):
            response = expect(owner.patch(owner.start_upload(name), content), 403, "DENIED")
            assert response.json()["errors"][0]["detail"] == {"rule": "bytes", "used": 60_000, "limit": 100_000}
            assert len(response.json()["errors"][0]["message"].split()) > 5
        owner.push_blob(name, os.urandom(30_000))


def test_one_account_has_so_many_sessions_open() -> None:
    with running(HUB_MAX_UPLOADS="3") as hub:
        owner, other = (Registry(hub.url, hub.people[role].credentials) for role in ("owner", "outsider"))
        locations = [owner.start_upload("olga/sessions") for _ in range(3)]
        response = expect(owner.post("/v2/olga/sessions/blobs/uploads/"), 429, "TOOMANYREQUESTS")
        assert int(response.headers["Retry-After"]) > 0
        other.start_upload("otto/sessions")
        expect(owner.put(f"{locations[0]}?digest={DIGEST}", CONTENT), 201)
        owner.start_upload("olga/sessions")
