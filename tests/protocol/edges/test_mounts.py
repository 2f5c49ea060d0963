"""Cases 35 to 44: a blob that is here already need not be sent, if the caller may read it where it is."""

from __future__ import annotations

import os
import re
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest

from tests.live import Hub
from tests.registry import ABSENT, Registry, challenge_of, digest_of, expect, send

CONTENT = b"0123456789" * 100
DIGEST = digest_of(CONTENT)


@pytest.fixture
def held(owner: Registry, public: str) -> str:
    """A blob in a public repository."""
    return owner.push_blob(public, CONTENT)


def mount(client: Registry, target: str, digest: str, source: str | None) -> httpx.Response:
    return client.post(f"/v2/{target}/blobs/uploads/?mount={digest}" + (f"&from={source}" if source else ""))


def opened(client: Registry, answer: httpx.Response, target: str) -> None:
    """The answer opened an ordinary session, which takes the content that was to be mounted."""
    location = expect(answer, 202).headers["Location"]
    assert re.fullmatch(rf"/v2/{target}/blobs/uploads/[0-9a-f-]+", location)
    assert (answer.headers["Range"], answer.content) == ("0-0", b"")
    expect(client.put(f"{location}?digest={DIGEST}", CONTENT), 201)


@pytest.mark.parametrize("named", [True, False], ids=["from a repository", "from anywhere"])
def test_case_035_what_may_be_pulled_can_be_mounted(owner: Registry, public: str, held: str, named: bool) -> None:
    target = f"{public}-target"
    response = expect(mount(owner, target, held, public if named else None), 201)
    assert response.headers["Location"] == f"/v2/{target}/blobs/{held}"
    assert response.headers["Docker-Content-Digest"] == held
    assert owner.get(f"/v2/{target}/blobs/{held}").content == CONTENT


@pytest.mark.parametrize(
    ("digest", "source"),
    [
        (ABSENT, "{}"),
        (ABSENT, "{}-nowhere"),
        ("sha512:" + "0" * 128, "{}"),
        ("sha512:" + "0" * 128, "nobody/nothing"),
        (DIGEST, "{}-nowhere"),
        (DIGEST, "nobody/nothing"),
    ],
)
def test_case_036_what_is_not_there_is_pushed(
    owner: Registry, public: str, held: str, digest: str, source: str
) -> None:
    target = f"{public}-target"
    opened(owner, mount(owner, target, digest, source.format(public)), target)


@pytest.mark.parametrize("digest", [DIGEST, "nonsense", "", "sha256:abc", "md5:" + "0" * 32])
@pytest.mark.parametrize("source", ["BAD NAME", "..", "a//b", "a" * 300, "a%00b"])
def test_case_037_what_makes_no_sense_is_pushed(
    owner: Registry, public: str, held: str, digest: str, source: str
) -> None:
    target = f"{public}-target"
    opened(owner, mount(owner, target, digest, quote(source, safe="%")), target)


def test_a_digest_that_is_none_is_not_looked_for(owner: Registry, public: str, held: str) -> None:
    for digest in ("nonsense", "", "sha256:abc", DIGEST.upper()):
        for source in (public, None):
            opened(owner, mount(owner, public, digest, source), public)
    opened(owner, owner.post(f"/v2/{public}-target/blobs/uploads/?mount={DIGEST}&from="), f"{public}-target")


def test_case_038_a_repository_may_mount_from_itself(owner: Registry, public: str, held: str) -> None:
    response = expect(mount(owner, public, held, public), 201)
    assert response.headers["Location"] == f"/v2/{public}/blobs/{held}"
    opened(owner, mount(owner, public, ABSENT, public), public)


def test_case_039_a_secret_is_not_mounted_and_not_told_from_nothing(
    owner: Registry, outsider: Registry, private: str
) -> None:
    secret = owner.push_blob(private, os.urandom(100))
    target = "otto/thief"
    answers = [
        mount(outsider, target, digest, source)
        for digest in (secret, ABSENT)
        for source in (private, f"{private}-absent", None)
    ]
    shapes = {(answer.status_code, tuple(sorted(answer.headers)), answer.content) for answer in answers}
    assert len(shapes) == 1
    for answer in answers:
        opened(outsider, answer, target)
    expect(outsider.head(f"/v2/{target}/blobs/{secret}"), 404)


def test_case_040_a_token_that_does_not_reach_the_source_is_asked_for_both(
    hub: Hub, owner: Registry, public: str, held: str
) -> None:
    target = f"{public}-target"
    token = owner.token(f"repository:{target}:pull,push").json()["token"]
    path = f"{hub.url}/v2/{target}/blobs/uploads/?mount={held}&from={public}"
    both = f"repository:{target}:pull,push repository:{public}:pull"
    for headers in ({}, {"Authorization": f"Bearer {token}"}):
        response = expect(send("POST", path, headers=headers), 401, "UNAUTHORIZED")
        assert challenge_of(response)["scope"] == both
        assert challenge_of(response).get("error", "") == ("insufficient_scope" if headers else "")
    expect(mount(owner, target, held, public), 201)


def test_case_041_a_digest_alone_does_not_open_a_private_repository(
    owner: Registry, outsider: Registry, reader: Registry, private: str
) -> None:
    content = os.urandom(100)
    secret = owner.push_blob(private, content)
    for client, home in ((outsider, "otto/thief"), (reader, "rita/mine"), (owner, f"olga/{uuid4().hex}")):
        answer = mount(client, home, secret, None)
        if client is outsider:
            opened(client, answer, home)
            expect(client.get(f"/v2/{home}/blobs/{secret}"), 404, "BLOB_UNKNOWN")
        else:
            expect(answer, 201)
            assert client.get(f"/v2/{home}/blobs/{secret}").content == content


def test_case_042_a_mounted_blob_outlives_its_source(owner: Registry, public: str, held: str) -> None:
    target = f"{public}-target"
    expect(mount(owner, target, held, public), 201)
    expect(owner.delete(f"/v2/{public}/blobs/{held}"), 202)
    expect(owner.head(f"/v2/{public}/blobs/{held}"), 404)
    assert owner.get(f"/v2/{target}/blobs/{held}").content == CONTENT
    expect(mount(owner, public, held, target), 201)
    assert owner.get(f"/v2/{public}/blobs/{held}").content == CONTENT


def test_case_043_a_blob_is_known_by_the_algorithm_it_was_pushed_under(owner: Registry, public: str, held: str) -> None:
    target, strong = f"{public}-target", digest_of(CONTENT, "sha512")
    opened(owner, mount(owner, target, strong, public), target)
    owner.push_blob(public, CONTENT, algorithm="sha512")
    response = expect(mount(owner, target, strong, public), 201)
    assert response.headers["Docker-Content-Digest"] == strong
    assert response.headers["Location"] == f"/v2/{target}/blobs/{strong}"
    assert owner.head(f"/v2/{target}/blobs/{strong}").headers["Docker-Content-Digest"] == strong


def test_case_044_what_another_repository_has_is_not_here(owner: Registry, public: str, held: str) -> None:
    other = f"{public}-other"
    owner.push_blob(other, b"{}")
    expect(owner.get(f"/v2/{other}/blobs/{held}"), 404, "BLOB_UNKNOWN")
    assert expect(owner.head(f"/v2/{other}/blobs/{held}"), 404).content == b""
    expect(owner.delete(f"/v2/{other}/blobs/{held}"), 404, "BLOB_UNKNOWN")
    assert owner.get(f"/v2/{public}/blobs/{held}").content == CONTENT
