"""Cases 19 to 34: how sessions begin and end."""

from __future__ import annotations

import json
import os
from functools import partial
from urllib.parse import quote

import pytest

from tests.live import Hub
from tests.make.threads import all_together
from tests.registry import WAYS, Registry, digest_of, expect

CONTENT = b"0123456789" * 100
DIGEST = digest_of(CONTENT)


@pytest.mark.parametrize("in_one_piece", [True, False])
def test_case_019_wrong_content_ends_the_session_and_stores_nothing(
    owner: Registry, public: str, in_one_piece: bool
) -> None:
    location = owner.start_upload(public)
    other = b"something else"
    if not in_one_piece:
        expect(owner.patch(location, other), 202)
    expect(owner.put(f"{location}?digest={DIGEST}", other if in_one_piece else b""), 400, "DIGEST_INVALID")
    for digest in (DIGEST, digest_of(other)):
        expect(owner.head(f"/v2/{public}/blobs/{digest}"), 404)
    for response in (
        owner.get(location),
        owner.patch(location, CONTENT),
        owner.put(f"{location}?digest={digest_of(other)}"),
    ):
        expect(response, 404, "BLOB_UPLOAD_UNKNOWN")


@pytest.mark.parametrize("query", ["", "?digest=", "?digest", "?other=1"])
def test_case_020_a_finish_without_a_digest_is_refused_and_the_session_lives(
    owner: Registry, public: str, query: str
) -> None:
    location = owner.start_upload(public)
    expect(owner.patch(location, CONTENT), 202)
    expect(owner.put(location + query), 400, "DIGEST_INVALID")
    expect(owner.put(f"{location}?digest={DIGEST}"), 201)


@pytest.mark.parametrize(
    "digest",
    [
        "x",
        "sha256:",
        "sha256:abc",
        "sha256:" + "A" * 64,
        DIGEST.upper(),
        "SHA256:" + DIGEST.partition(":")[2],
        DIGEST + "0",
        DIGEST + "%0A",
        "md5:" + "0" * 32,
        "sha384:" + "0" * 96,
        "sha512:" + DIGEST.partition(":")[2],
        DIGEST.replace(":", "-"),
    ],
)
def test_case_021_a_digest_that_is_none_is_refused(owner: Registry, public: str, digest: str) -> None:
    location = owner.start_upload(public)
    expect(owner.put(f"{location}?digest={digest}", CONTENT), 400, "DIGEST_INVALID")
    expect(owner.post(f"/v2/{public}/blobs/uploads/?digest={digest}", CONTENT), 400, "DIGEST_INVALID")
    expect(owner.put(f"{location}?digest={DIGEST}", CONTENT), 201)


@pytest.mark.parametrize("algorithm", ["md5", "sha384", "SHA256", "sha256:", "blake3"])
def test_an_algorithm_that_is_not_supported_is_refused_at_once(owner: Registry, public: str, algorithm: str) -> None:
    path = f"/v2/{public}/blobs/uploads/?digest-algorithm={algorithm}"
    expect(owner.post(path), 400, "DIGEST_INVALID")


def test_case_022_a_digest_may_be_percent_encoded(owner: Registry, public: str) -> None:
    location = owner.start_upload(public)
    response = expect(owner.put(f"{location}?digest={quote(DIGEST, safe='')}", CONTENT), 201)
    assert response.headers["Docker-Content-Digest"] == DIGEST
    expect(owner.head(f"/v2/{public}/blobs/{quote(DIGEST, safe='')}"), 200)


@pytest.mark.parametrize("in_one_piece", [False, True])
@pytest.mark.parametrize("known", [False, True])
def test_case_023_a_finish_whose_answer_was_lost_can_be_repeated(
    owner: Registry, public: str, known: bool, in_one_piece: bool
) -> None:
    """Also when the content was here before, and when the client sends all of it once more."""
    content = f"{public} {known} {in_one_piece}".encode() * 50_000
    digest, body = digest_of(content), content if in_one_piece else b""
    if known:
        owner.push_blob(f"{public}-earlier", content)
    location = owner.start_upload(public)
    if not in_one_piece:
        expect(owner.patch(location, content), 202)
    for _ in range(3):
        response = expect(owner.put(f"{location}?digest={digest}", body), 201)
        assert response.headers["Docker-Content-Digest"] == digest
        assert response.headers["Location"] == f"/v2/{public}/blobs/{digest}"
    for other in (owner.put(f"{location}?digest={DIGEST}"), owner.patch(location, b"more"), owner.get(location)):
        expect(other, 404, "BLOB_UPLOAD_UNKNOWN")
    expect(owner.delete(f"/v2/{public}/blobs/{digest}"), 202)
    expect(owner.put(f"{location}?digest={digest}", body), 404, "BLOB_UPLOAD_UNKNOWN")


def test_case_024_a_session_belongs_to_one_person_and_one_repository(
    owner: Registry, writer: Registry, private: str
) -> None:
    owner.push_image(private, "1")
    location = owner.start_upload(private)
    owner.push_image(f"{private}-2", "1")
    elsewhere = location.replace(private, f"{private}-2")
    for client, address in ((writer, location), (owner, elsewhere), (writer, elsewhere)):
        for method in ("GET", "HEAD", "PATCH", "DELETE"):
            response = client.request(method, address, content=b"x")
            expect(response, 404, "" if method == "HEAD" else "BLOB_UPLOAD_UNKNOWN")
        expect(client.put(f"{address}?digest={DIGEST}", CONTENT), 404, "BLOB_UPLOAD_UNKNOWN")
    assert expect(owner.get(location), 204).headers["Range"] == "0-0"
    expect(owner.put(f"{location}?digest={DIGEST}", CONTENT), 201)


@pytest.mark.parametrize(
    "upload_id", ["x", "00000000-0000-4000-8000-000000000000", "%00", "0" * 500, "{id}x", "..%2Fx", "-", "%F0%9F%90%B3"]
)
def test_case_025_an_unknown_session_is_unknown(owner: Registry, public: str, upload_id: str) -> None:
    path, _, known = owner.start_upload(public).rpartition("/")
    location = f"{path}/{upload_id.format(id=known)}"
    code = "" if "%2F" in upload_id else "BLOB_UPLOAD_UNKNOWN"  # a slash is one, written as it may be: another path
    for response in (
        owner.get(location),
        owner.patch(location, b"x"),
        owner.put(f"{location}?digest={DIGEST}", CONTENT),
        owner.delete(location),
    ):
        expect(response, 404, code)
    expect(owner.delete(f"{path}/{known}"), 204)


def test_case_026_a_session_is_cancelled_once_and_by_who_may_push(
    owner: Registry, writer: Registry, private: str
) -> None:
    """Cancelling needs no right to delete: whoever may push may give up."""
    owner.push_image(private, "1")
    location = writer.start_upload(private)
    expect(writer.patch(location, CONTENT), 202)
    assert expect(writer.delete(location), 204).content == b""
    expect(writer.delete(location), 404, "BLOB_UPLOAD_UNKNOWN")


def test_case_027_nothing_can_be_done_with_a_cancelled_session(owner: Registry, public: str) -> None:
    owner.push_blob(public, CONTENT)
    location = owner.start_upload(public)
    expect(owner.patch(location, CONTENT), 202)
    expect(owner.delete(location), 204)
    for response in (
        owner.get(location),
        owner.patch(location, CONTENT),
        owner.put(f"{location}?digest={DIGEST}", CONTENT),
        owner.put(f"{location}?digest={DIGEST}"),
    ):
        expect(response, 404, "BLOB_UPLOAD_UNKNOWN")


def test_case_028_two_who_upload_the_same_end_with_one_copy(hub: Hub, owner: Registry, public: str) -> None:
    digests = []
    for _ in range(8):
        content = os.urandom(50_000)
        digests.append(digest_of(content))
        locations = [owner.start_upload(public) for _ in range(3)]
        acts = [partial(owner.put, f"{place}?digest={digests[-1]}", content) for place in locations]
        assert [answer.status_code for answer in all_together(acts)] == [201] * 3
        assert owner.get(f"/v2/{public}/blobs/{digests[-1]}").content == content
    # The keys of stored objects are the ids of the uploads; what is not the blob's is on its way out.
    stored = hub.python(
        "from repositories.models import Blob, Trash; from repositories.oci import digests; import json, sys\n"
        f"found = [digests.parse(text) for text in {digests!r}]\n"
        "keys = set(Blob.objects.filter(digest__in=found).values_list('storage_key', flat=True))\n"
        "spare = set(Trash.objects.filter(digest__in=found).values_list('storage_key', flat=True))\n"
        "print(json.dumps([len(keys), len(spare), len(keys & spare)]))"
    )
    assert json.loads(stored) == [8, 16, 0]


def test_case_029_two_repositories_may_get_the_same_blob_at_once(hub: Hub, owner: Registry, public: str) -> None:
    homes = [f"{public}-{letter}" for letter in "abc"]
    clients = [Registry(hub.url, owner.credentials) for _ in homes]
    for _ in range(8):
        content = os.urandom(50_000)
        acts = [partial(client.push_blob, home, content) for client, home in zip(clients, homes, strict=True)]
        assert all_together(acts) == [digest_of(content)] * 3
        for home in homes:
            assert owner.get(f"/v2/{home}/blobs/{digest_of(content)}").content == content


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("size", [0, 1, 300_000])
def test_case_030_every_way_leads_to_the_same_blob_the_empty_one_too(
    owner: Registry, public: str, way: str, size: int, algorithm: str
) -> None:
    content = os.urandom(size)
    digest = owner.push_blob(public, content, way=way, algorithm=algorithm)
    assert expect(owner.get(f"/v2/{public}/blobs/{digest}"), 200).content == content
    assert expect(owner.head(f"/v2/{public}/blobs/{digest}"), 200).headers["Content-Length"] == str(size)


def test_case_031_the_empty_configuration_comes_and_goes(owner: Registry, public: str) -> None:
    for way in WAYS:
        digest = owner.push_blob(public, b"{}", way=way)
        assert digest == "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
        assert owner.get(f"/v2/{public}/blobs/{digest}").content == b"{}"
        expect(owner.delete(f"/v2/{public}/blobs/{digest}"), 202)
        expect(owner.head(f"/v2/{public}/blobs/{digest}"), 404)


def test_case_032_one_post_is_enough_if_its_digest_is_right(owner: Registry, public: str) -> None:
    path = f"/v2/{public}/blobs/uploads/?digest="
    expect(owner.post(path + DIGEST, b"something else"), 400, "DIGEST_INVALID")
    expect(owner.post(path + "sha256:abc", CONTENT), 400, "DIGEST_INVALID")
    expect(owner.head(f"/v2/{public}/blobs/{DIGEST}"), 404)
    response = expect(owner.post(path + DIGEST, CONTENT), 201)
    assert response.headers["Location"] == f"/v2/{public}/blobs/{DIGEST}"
    # Without content only the empty blob is whole: anything else becomes a session.
    location = expect(owner.post(path + digest_of(b"more")), 202).headers["Location"]
    expect(owner.put(f"{location}?digest={digest_of(b'more')}", b"more"), 201)


@pytest.mark.parametrize("body", [b"", b"{}", b"nothing that is JSON"])
def test_case_033_what_a_start_carries_does_not_matter(owner: Registry, public: str, body: bytes) -> None:
    path = f"/v2/{public}/blobs/uploads/?origin=elsewhere"
    location = expect(owner.post(path, body, Content_Type="application/json"), 202).headers["Location"]
    assert expect(owner.get(location), 204).headers["Range"] == "0-0"
    expect(owner.delete(location), 204)


@pytest.mark.parametrize("suffix", ["/", ""])
def test_case_034_a_session_says_where_to_go_with_or_without_the_slash(
    owner: Registry, public: str, suffix: str
) -> None:
    response = expect(owner.post(f"/v2/{public}/blobs/uploads{suffix}"), 202)
    upload_id = response.headers["Docker-Upload-UUID"]
    assert response.headers["Location"] == f"/v2/{public}/blobs/uploads/{upload_id}"
    assert (response.headers["Range"], response.headers["Content-Length"]) == ("0-0", "0")
    for method in ("GET", "HEAD"):
        status = expect(owner.request(method, response.headers["Location"]), 204)
        assert (status.headers["Range"], status.headers["Docker-Upload-UUID"]) == ("0-0", upload_id)
    expect(owner.delete(response.headers["Location"]), 204)
