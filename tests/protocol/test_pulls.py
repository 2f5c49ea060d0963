"""Pulls as clients meet them: counted by several web servers at once, and limited with the headers of Docker Hub."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import count
from typing import Any

import httpx
import pytest

from tests.live import Hub, running
from tests.registry import OCI_INDEX, OCI_MANIFEST, Registry, expect

_LIMIT = 3
_addresses = count(1)


@pytest.fixture(scope="module")
def limited() -> Iterator[Hub]:
    """A hub that gives an address three pulls an hour; the tests' addresses come as a front server would tell them."""
    settings = {"HUB_PULL_LIMIT_ANONYMOUS": str(_LIMIT), "HUB_PULL_WINDOW": "1h", "HUB_TRUSTED_PROXIES": "127.0.0.1"}
    with running(**settings) as started:
        mine = Registry(started.url, started.people["owner"].credentials)
        mine.push_image("olga/app", "1.0")
        mine.push_image("harbour/secret", "1.0")
        yield started


class Stranger(Registry):
    """Nobody, from an address that no other test uses unless it is given."""

    def __init__(self, hub: Hub, address: str = "") -> None:
        super().__init__(hub.url)
        self.address = address or f"198.51.100.{next(_addresses)}"
        self.http.headers["X-Forwarded-For"] = self.address

    def left(self, method: str = "HEAD", path: str = "/v2/olga/app/manifests/1.0") -> str:
        """What the answer says remains."""
        response = expect(self.request(method, path), 200)
        assert response.headers["ratelimit-limit"] == f"{_LIMIT};w=3600"
        remaining: str = response.headers["ratelimit-remaining"]
        return remaining.removesuffix(";w=3600")


def limits_of(response: httpx.Response) -> list[str]:
    """The names of the headers about limits."""
    return sorted(name for name in response.headers if "ratelimit" in name)


def wait_for(hub: Hub, name: str, pulls: int) -> None:
    """Until so many pulls are written down: a look into the hub's database takes a second by itself."""
    look = "from repositories.models import RepositoryName\n"
    look += f"print(RepositoryName.objects.get(full_name={name!r}).repository.pulls)"
    deadline = time.monotonic() + 30
    while (found := int(hub.python(look))) != pulls:
        assert time.monotonic() < deadline, f"{found} pulls, not {pulls}"


def pulls_of(hub: Hub, name: str) -> int:
    found: int = httpx.get(f"{hub.url}/api/v1/repositories/{name}/").json()["pulls"]
    return found


# -- counts


def test_two_web_servers_count_and_an_orderly_end_loses_nothing() -> None:
    with running() as hub:
        Registry(hub.url, hub.people["owner"].credentials).push_image("olga/app", "1.0", "latest")
        for url in (hub.url, hub.start_another()):
            somebody = Registry(url)
            for reference in ("1.0", "1.0", "latest"):
                expect(somebody.get(f"/v2/olga/app/manifests/{reference}"), 200)
        hub.stop()
        hub.start()

        assert pulls_of(hub, "olga/app") == 6
        tags = httpx.get(f"{hub.url}/api/v1/repositories/olga/app/-/tags/").json()["results"]
        assert {tag["name"]: tag["pulls"] for tag in tags} == {"1.0": 4, "latest": 2}
        assert {tag["last_pulled_on"] is not None for tag in tags} == {True}


def test_what_is_written_survives_a_killed_server() -> None:
    with running() as hub:
        Registry(hub.url, hub.people["owner"].credentials).push_image("olga/app", "1.0")
        somebody = Registry(hub.url)
        for _ in range(5):
            expect(somebody.get("/v2/olga/app/manifests/1.0"), 200)
        wait_for(hub, "olga/app", 5)
        hub.kill()
        hub.start()
        assert pulls_of(hub, "olga/app") == 5


def test_heads_and_cached_manifests_and_blobs_are_no_pulls(hub: Hub, owner: Registry, public: str) -> None:
    image = owner.push_image(public, "1.0")
    somebody = Registry(hub.url)
    for _ in range(3):
        expect(somebody.head(f"/v2/{public}/manifests/1.0"), 200)
        expect(somebody.get(f"/v2/{public}/manifests/1.0", if_none_match=f'"{image.digest}"'), 304)
        expect(somebody.get(f"/v2/{public}/blobs/{next(iter(image.blobs))}"), 200)
        expect(somebody.get(f"/v2/{public}/manifests/2.0"), 404)
    expect(somebody.get(f"/v2/{public}/manifests/1.0"), 200)
    wait_for(hub, public, 1)


def test_an_image_of_several_platforms_is_one_pull(hub: Hub, owner: Registry, public: str) -> None:
    child = push_index(owner, public)
    somebody = Registry(hub.url)
    for reference in ("multi", child, "multi", child):
        expect(somebody.get(f"/v2/{public}/manifests/{reference}"), 200)
    wait_for(hub, public, 2)
    tag = httpx.get(f"{hub.url}/api/v1/repositories/{public}/-/tags/multi").json()
    assert tag["pulls"] == 2


def push_index(owner: Registry, name: str) -> str:
    """Push an index `multi` of one image; returns the image's digest."""
    image = owner.push_image(name)
    entry = {"mediaType": OCI_MANIFEST, "digest": image.digest, "size": len(image.manifest)}
    index: dict[str, Any] = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [entry]}
    expect(owner.push_manifest(name, "multi", index, OCI_INDEX), 201)
    return image.digest


# -- limits


def test_without_a_limit_nothing_is_said_about_one(owner: Registry, anonymous: Registry, public: str) -> None:
    owner.push_image(public, "1.0")
    for who in (owner, anonymous):
        for method in ("GET", "HEAD"):
            response = expect(who.request(method, f"/v2/{public}/manifests/1.0"), 200)
            assert limits_of(response) == []
            assert response.headers["Cache-Control"].startswith("public")


def test_the_headers_count_down_and_beyond_them_it_is_429(limited: Hub) -> None:
    somebody = Stranger(limited)
    assert [somebody.left("HEAD"), somebody.left("HEAD")] == ["3", "3"]
    assert [somebody.left("GET") for _ in range(_LIMIT)] == ["2", "1", "0"]

    response = somebody.get("/v2/olga/app/manifests/1.0")

    error = expect(response, 429).json()["errors"][0]
    assert error["code"] == "TOOMANYREQUESTS"
    assert error["message"].startswith("This hub allows 3 pulls in 1 hour without an account, from one address, and")
    assert error["message"].endswith(".")
    assert 3500 <= int(response.headers["Retry-After"]) <= 3601
    assert response.headers["ratelimit-remaining"] == "0;w=3600"
    assert response.headers["docker-ratelimit-source"] == somebody.address
    assert somebody.left("HEAD") == "0"


def test_the_next_window_is_free_again(limited: Hub) -> None:
    somebody = Stranger(limited)
    for _ in range(_LIMIT):
        somebody.left("GET")
    expect(somebody.get("/v2/olga/app/manifests/1.0"), 429)
    past = "from accounts.models import RateWindow; from django.utils import timezone\n"
    limited.python(past + "RateWindow.objects.filter(key__startswith='pulls').update(ends_at=timezone.now())")
    assert somebody.left("GET") == "2"


def test_what_a_limit_is_said_of_is_kept_by_no_shared_cache(limited: Hub) -> None:
    """The headers are about one client."""
    for path in ("1.0", Registry(limited.url).head("/v2/olga/app/manifests/1.0").headers["Docker-Content-Digest"]):
        response = expect(Stranger(limited).get(f"/v2/olga/app/manifests/{path}"), 200)
        assert response.headers["Cache-Control"].startswith("private")


def test_blobs_lists_and_manifests_that_are_not_there_are_free(limited: Hub) -> None:
    somebody = Stranger(limited)
    document = expect(somebody.get("/v2/olga/app/manifests/1.0"), 200)
    for _ in range(_LIMIT + 1):
        expect(somebody.get(f"/v2/olga/app/blobs/{document.json()['config']['digest']}"), 200)
        expect(somebody.get("/v2/olga/app/tags/list"), 200)
        expect(somebody.get("/v2/olga/app/manifests/9.9"), 404)
        expect(somebody.get("/v2/olga/app/manifests/1.0", if_none_match=document.headers["ETag"]), 304)
    assert somebody.left() == "2"


def test_a_refusal_comes_before_the_limit_and_tells_nothing(limited: Hub) -> None:
    """A private repository and an absent one answer alike, before and after the pulls are used up."""
    somebody = Stranger(limited)
    answers = []
    for _ in range(2):
        for name in ("harbour/secret", "harbour/nothing"):
            response = expect(somebody.get(f"/v2/{name}/manifests/1.0"), 401)
            assert limits_of(response) == []
            answers.append(response.text)
        for _ in range(_LIMIT + 1):
            somebody.get("/v2/olga/app/manifests/1.0")
    assert len(set(answers)) == 1


def test_an_ipv6_household_is_one_client(limited: Hub) -> None:
    assert Stranger(limited, "2001:db8:1:1::1").left("GET") == "2"
    neighbour = Stranger(limited, "2001:db8:1:1:ffff::2")
    assert neighbour.left("GET") == "1"
    assert neighbour.head("/v2/olga/app/manifests/1.0").headers["docker-ratelimit-source"] == "2001:db8:1:1::/64"
    assert Stranger(limited, "2001:db8:1:2::1").left("GET") == "2"


def test_an_address_that_a_client_claims_itself_does_not_count(hub: Hub, limited: Hub) -> None:
    somebody = Stranger(limited)
    somebody.http.headers["X-Forwarded-For"] = f"203.0.113.99, {somebody.address}"
    response = expect(somebody.get("/v2/olga/app/manifests/1.0"), 200)
    assert response.headers["docker-ratelimit-source"] == somebody.address


def test_people_are_counted_by_account_and_by_their_plan(limited: Hub) -> None:
    limited.python(
        "from accounts.models import Namespace\nfrom repositories import quotas\n"
        "from repositories.models import NamespaceUsage, Plan\n"
        "home = Namespace.objects.get(name='otto'); quotas.usage_of(home)\n"
        "plan = Plan.objects.create(name='Five', pulls=5)\n"
        "NamespaceUsage.objects.filter(namespace=home).update(plan=plan)"
    )
    otto, olga = (Registry(limited.url, limited.people[role].credentials) for role in ("outsider", "owner"))
    uid = limited.python("from accounts.models import User; print(User.objects.get(username='otto').uid)").strip()
    path = "/v2/olga/app/manifests/1.0"

    answers = [expect(otto.get(path, x_forwarded_for=f"192.0.2.{number}"), 200) for number in range(5)]

    assert [answer.headers["ratelimit-remaining"] for answer in answers] == [f"{n};w=3600" for n in (4, 3, 2, 1, 0)]
    assert {answer.headers["docker-ratelimit-source"] for answer in answers} == {uid}
    assert "with your plan" in expect(otto.get(path), 429).json()["errors"][0]["message"]
    assert limits_of(expect(olga.get(path), 200)) == []
    expect(otto.put("/v2/otto/own/manifests/1.0", b"{}"), 400)


def test_two_web_servers_share_one_limit(limited: Hub) -> None:
    other = Stranger(limited)
    other.http.base_url = httpx.URL(limited.start_another())
    here = Stranger(limited, other.address)
    assert [here.left("GET"), other.left("GET"), here.left("GET")] == ["2", "1", "0"]
    expect(other.get("/v2/olga/app/manifests/1.0"), 429)


def test_an_image_of_several_platforms_costs_one_pull(limited: Hub) -> None:
    mine = Registry(limited.url, limited.people["owner"].credentials)
    child = push_index(mine, "olga/platforms")
    somebody = Stranger(limited)
    for _ in range(_LIMIT):
        expect(somebody.get("/v2/olga/platforms/manifests/multi"), 200)
        expect(somebody.get(f"/v2/olga/platforms/manifests/{child}"), 200)
    expect(somebody.get("/v2/olga/platforms/manifests/multi"), 429)
