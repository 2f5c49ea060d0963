"""end-11: a blob that is here already need not be sent, if the caller may read it where it is."""

from __future__ import annotations

import os
import re
from urllib.parse import quote

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


def test_what_may_be_pulled_can_be_mounted(owner: Registry, public: str, held: str) -> None:
    for source in (public, None):
        target = f"{public}-{'from' if source else 'anywhere'}"
        response = expect(mount(owner, target, held, source), 201)
        assert response.headers["Location"] == f"/v2/{target}/blobs/{held}"
        assert response.headers["Docker-Content-Digest"] == held
        assert owner.get(f"/v2/{target}/blobs/{held}").content == CONTENT


@pytest.mark.parametrize("source", ["{}-nowhere", "nobody/nothing", "BAD NAME", "..", ""])
@pytest.mark.parametrize("digest", [ABSENT, "nonsense", "sha512:" + "0" * 128])
def test_what_cannot_be_mounted_is_pushed(owner: Registry, public: str, held: str, source: str, digest: str) -> None:
    response = expect(mount(owner, public, digest, quote(source.format(public))), 202)
    location = response.headers["Location"]
    assert re.fullmatch(rf"/v2/{public}/blobs/uploads/[0-9a-f-]+", location)
    expect(owner.put(f"{location}?digest={DIGEST}", CONTENT), 201)


def test_a_secret_is_not_mounted_and_not_told_from_nothing(owner: Registry, outsider: Registry, private: str) -> None:
    content = os.urandom(100)
    secret = owner.push_blob(private, content)
    target = "otto/thief"
    answers = [
        mount(outsider, target, digest, source)
        for digest in (secret, ABSENT)
        for source in (private, f"{private}-absent", None)
    ]
    shapes = {(answer.status_code, tuple(sorted(answer.headers)), answer.content) for answer in answers}
    assert len(shapes) == 1
    assert answers[0].status_code == 202
    expect(outsider.head(f"/v2/{target}/blobs/{secret}"), 404)


def test_a_token_that_does_not_reach_the_source_is_asked_for_both(
    hub: Hub, owner: Registry, public: str, held: str
) -> None:
    target = f"{public}-target"
    token = owner.token(f"repository:{target}:pull,push").json()["token"]
    path = f"{hub.url}/v2/{target}/blobs/uploads/?mount={held}&from={public}"
    both = f"repository:{target}:pull,push repository:{public}:pull"
    for headers in ({}, {"Authorization": f"Bearer {token}"}):
        response = expect(send("POST", path, headers=headers), 401, "UNAUTHORIZED")
        assert challenge_of(response)["scope"] == both
    expect(mount(owner, target, held, public), 201)
