"""end-8 and the catalogue: lists in byte order, page by page."""

from __future__ import annotations

import json
from urllib.parse import quote
from uuid import uuid4

import pytest

from tests.registry import Registry, digest_of, expect

TAGS = ["1.0", "10", "2", "V1", "_x", "latest", "v1", "v1.0-rc.1"]


@pytest.fixture
def tagged(owner: Registry, public: str) -> str:
    """A repository with TAGS, which are in byte order."""
    assert sorted(TAGS) == TAGS
    blob = b"{}"
    owner.push_blob(public, blob)
    body = json.dumps(
        {"schemaVersion": 2, "config": {"mediaType": "a/b", "digest": digest_of(blob), "size": 2}, "layers": []}
    ).encode()
    query = "&".join(f"tag={tag}" for tag in reversed(TAGS))
    expect(owner.push_manifest(public, f"{digest_of(body)}?{query}", body), 201)
    return public


def names(client: Registry, path: str) -> list[str]:
    found: list[str] = expect(client.get(path), 200).json()["tags"]
    return found


def test_all_tags_in_byte_order(anonymous: Registry, tagged: str) -> None:
    response = expect(anonymous.get(f"/v2/{tagged}/tags/list"), 200)
    assert response.json() == {"name": tagged, "tags": TAGS}
    assert response.headers["Content-Type"] == "application/json"
    assert "Link" not in response.headers
    assert expect(anonymous.head(f"/v2/{tagged}/tags/list"), 200).content == b""


@pytest.mark.parametrize("size", [1, 3, 8, 1000])
def test_following_the_links_sees_every_tag_once(anonymous: Registry, tagged: str, size: int) -> None:
    path, found = f"/v2/{tagged}/tags/list?n={size}", []
    while path:
        response = expect(anonymous.get(path), 200)
        page = response.json()["tags"]
        assert len(page) <= size
        found += page
        link = response.headers.get("Link", "")
        assert not link or (link.startswith("</v2/") and link.endswith('>; rel="next"'))
        path = link.partition(">")[0].removeprefix("<")
    assert found == TAGS


def test_last_is_left_out_and_need_not_exist(anonymous: Registry, tagged: str) -> None:
    path = f"/v2/{tagged}/tags/list"
    assert names(anonymous, f"{path}?last=V1") == TAGS[4:]
    assert names(anonymous, f"{path}?last=V2") == TAGS[4:]
    assert names(anonymous, f"{path}?n=2&last=V1") == TAGS[4:6]
    assert names(anonymous, f"{path}?last={quote('a+b', safe='')}") == TAGS[5:]
    assert names(anonymous, f"{path}?last=zzz") == []


def test_no_tags_were_wanted(anonymous: Registry, tagged: str) -> None:
    response = expect(anonymous.get(f"/v2/{tagged}/tags/list?n=0"), 200)
    assert response.json()["tags"] == []
    assert "Link" not in response.headers


def test_a_huge_page_is_what_there_is(anonymous: Registry, tagged: str) -> None:
    assert names(anonymous, f"/v2/{tagged}/tags/list?n=1000000000") == TAGS


@pytest.mark.parametrize("query", ["n=-1", "n=abc", "n=1.5", "last=%00"])
def test_nonsense_is_refused(anonymous: Registry, tagged: str, query: str) -> None:
    expect(anonymous.get(f"/v2/{tagged}/tags/list?{query}"), 400, "UNSUPPORTED")


def test_a_repository_that_was_never_made_is_not_known(owner: Registry, public: str) -> None:
    expect(owner.get(f"/v2/{public}/tags/list"), 404, "NAME_UNKNOWN")


def test_the_catalogue_lists_what_one_may_pull(
    owner: Registry, reader: Registry, outsider: Registry, anonymous: Registry, tagged: str, private: str
) -> None:
    owner.push_image(private, "1")
    for client in (owner, reader, outsider, anonymous):
        listed = expect(client.get("/v2/_catalog"), 200).json()["repositories"]
        assert listed == sorted(listed)
        assert tagged in listed
        assert (private in listed) == (client in (owner, reader))


def test_the_catalogue_comes_in_pages(owner: Registry) -> None:
    mine = [f"olga/shelf-{uuid4().hex[:6]}-{letter}" for letter in "abc"]
    for name in mine:
        owner.start_upload(name)
    everything = owner.get("/v2/_catalog").json()["repositories"]
    path, found = "/v2/_catalog?n=2", []
    while path:
        response = expect(owner.get(path), 200)
        found += response.json()["repositories"]
        path = response.headers.get("Link", "").partition(">")[0].removeprefix("<")
    assert found == everything
    assert set(mine) <= set(found)
