"""Cases 107 to 117: what tokens are good for, and how long."""

from __future__ import annotations

import base64
import json
import os
from typing import Any

import jwt
import pytest

from tests.documents import image
from tests.live import Hub, on_files
from tests.protocol.edges.minting import Mint
from tests.registry import Registry, access_in, challenge_of, claims_of, digest_of, expect, send
from tests.waiting import until
from tests.wire import Line


@pytest.mark.parametrize("path", ["/v2/", "/v2"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_case_107_without_a_token_there_is_always_a_challenge(hub: Hub, method: str, path: str) -> None:
    """Clients learn of the token service here and nowhere else."""
    response = send(method, hub.url + path)
    assert (response.status_code, response.next_request) == (401, None)
    assert challenge_of(response) == {"realm": f"{hub.url}/token", "service": hub.registry}
    assert response.headers["Docker-Distribution-API-Version"] == "registry/2.0"
    assert bool(response.content) == (method == "GET")


@on_files
def test_case_108_a_push_is_judged_at_its_start_and_goes_on_with_a_new_token(
    hub: Hub, owner: Registry, public: str, mint: Mint
) -> None:
    content = os.urandom(3 * 2**20)
    location, digest = owner.start_upload(public), digest_of(content)
    claims = claims_of(owner.bearer["Authorization"])
    # Expired, and in the leeway of a minute for four seconds more.
    dying = mint.bearer({**claims, "exp": mint.claims(exp=-56)["exp"]})
    with Line(hub) as line:
        line.request("PATCH", location, f"Content-Length: {2 * 2**20}", bearer=dying, content=content[: 3 * 2**19])
        until(lambda: arrived(hub, location) > 0, 20)
        until(lambda: send("GET", f"{hub.url}/v2/", headers=dying).status_code == 401, 20)
        line.send(content[3 * 2**19 : 2**21])
        assert line.answer().status == 202
    response = send("PATCH", hub.url + location, headers=dying, content=content[2**21 :])
    assert challenge_of(expect(response, 401, "UNAUTHORIZED"))["error"] == "invalid_token"
    expect(owner.patch(location, content[2**21 :], Content_Range=f"{2**21}-{len(content) - 1}"), 202)
    expect(owner.put(f"{location}?digest={digest}"), 201)
    assert owner.get(f"/v2/{public}/blobs/{digest}").content == content


def arrived(hub: Hub, location: str) -> int:
    """Bytes of an upload that are written already, while it is under way: its object has the name of the session."""
    found = (hub.data_dir / "blobs").rglob(location.rpartition("/")[2])
    return sum(file.stat().st_size for file in found)


FORGERIES: dict[str, dict[str, Any]] = {
    "of another service": {"aud": "registry.example"},
    "of other services": {"aud": ["registry.example", "other.example"]},
    "of another hub": {"iss": "https://hub.example"},
    "expired": {"exp": -61},
    "of the future": {"nbf": 120, "iat": 120},
    "without an end": {"exp": None},
    "without a beginning": {"nbf": None},
    "without a subject": {"sub": None},
    "without an audience": {"aud": None},
    "of somebody who never was": {"sub": "8d0c7f0e-8f0b-4d6b-9f39-2a1f4d6f6c11"},
    "of no person": {"sub": "olga"},
    "with access that is no list": {"access": {"type": "repository"}},
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_case_109_a_token_that_says_something_wrong_is_not_valid(hub: Hub, mint: Mint, forgery: str) -> None:
    bearer = mint.bearer(mint.claims(**FORGERIES[forgery]))
    response = expect(send("GET", f"{hub.url}/v2/", headers=bearer), 401, "UNAUTHORIZED")
    assert challenge_of(response)["error"] == "invalid_token"
    expect(send("GET", f"{hub.url}/v2/olga/app/tags/list", headers=bearer), 401, "UNAUTHORIZED")
    expect(send("GET", f"{hub.url}/v2/", headers=mint.bearer(mint.claims())), 200)


def signed_otherwise(mint: Mint, way: str) -> str:
    """A token whose claims are right and whose signature is not."""
    claims, ours = mint.claims(), mint.bearer(mint.claims())["Authorization"].removeprefix("Bearer ")
    head, body, signature = ours.split(".")
    if way == "with no algorithm":
        return jwt.encode(claims, "", algorithm="none", headers={"kid": mint.kid})
    if way == "with a shared secret":
        return jwt.encode(claims, mint.kid * 2, algorithm="HS256", headers={"kid": mint.kid})
    if way == "by nobody":
        return f"{head}.{body}."
    if way == "over other claims":
        other = base64.urlsafe_b64encode(json.dumps({**claims, "sub": "x"}).encode()).rstrip(b"=").decode()
        return f"{head}.{other}.{signature}"
    forged: dict[str, dict[str, Any]] = {
        "by a key that is not ours": {"kid": "A" * 43},
        "by a key in a file": {"kid": "../../dev/null"},
        "by the key that it brings": {"jwk": {"kty": "EC"}},
        "by the key at an address": {"jku": f"{mint.hub.url}/keys"},
    }
    return mint.bearer(claims, **forged[way])["Authorization"].removeprefix("Bearer ")


@pytest.mark.parametrize(
    "way",
    [
        *("with no algorithm", "with a shared secret", "by nobody", "over other claims", "by a key that is not ours"),
        *("by a key in a file", "by the key that it brings", "by the key at an address"),
    ],
)
def test_a_token_that_is_signed_in_another_way_is_not_valid(hub: Hub, mint: Mint, way: str) -> None:
    headers = {"Authorization": f"Bearer {signed_otherwise(mint, way)}"}
    response = expect(send("GET", f"{hub.url}/v2/", headers=headers), 401, "UNAUTHORIZED")
    assert challenge_of(response)["error"] == "invalid_token"


@pytest.mark.parametrize("login", ["olga", "nobody-of-this-name", ""])
@pytest.mark.parametrize("secret", ["wrong", "", "berth_pat_" + "0" * 49, "nul\0byte"])
def test_case_110_wrong_credentials_are_never_nobodys(hub: Hub, login: str, secret: str) -> None:
    if secret == "nul\0byte" and login == "olga":
        login = "olga\0"  # a database must not choke on it either
    response = expect(send("GET", f"{hub.url}/token", auth=(login, secret)), 401, "UNAUTHORIZED")
    assert response.headers["WWW-Authenticate"].startswith("Basic ")


@pytest.mark.parametrize(
    "scopes",
    [
        *([], [""], [" "], ["nonsense"], ["repository:BAD NAME:pull"], ["repository:x:fly"], ["user:olga:admin"]),
        *(["a:b:c:d:"], [":::"], ["repository:olga/x:"], ["repository::pull"], ["\0"], ["repository:olga/\0:pull"]),
    ],
    ids=repr,
)
def test_case_111_what_is_not_understood_is_left_out(owner: Registry, anonymous: Registry, scopes: list[str]) -> None:
    for client in (owner, anonymous):
        assert access_in(client.token(*scopes)) == {}


def test_case_112_odd_scopes_are_read(owner: Registry, public: str) -> None:
    """A class is dropped. A name with a host and port is read as one, names nothing here, and harms no other scope."""
    assert access_in(owner.token(f"repository(plugin):{public}:pull,push")) == {public: ["pull", "push"]}
    elsewhere = f"repository:localhost:5000/{public}:pull"
    assert access_in(owner.token(elsewhere)) == {}
    assert access_in(owner.token(f"{elsewhere} repository:{public}:push,pull,pull")) == {public: ["pull", "push"]}
    assert access_in(owner.token(f"repository:{public}:delete", f"repository:{public}:*")) == {
        public: ["pull", "push", "delete"]
    }


def test_case_113_many_scopes_make_no_large_token(owner: Registry) -> None:
    for scopes in (
        [f"repository:olga/many-{number}:pull" for number in range(50)],
        [" ".join(f"repository:olga/many-{number}:pull,push" for number in range(50))],
    ):
        response = owner.token(*scopes)
        assert len(access_in(response)) == 20
        assert len(response.json()["token"]) < 4096
        expect(owner.get("/v2/"), 200)


@pytest.mark.parametrize("claims", [{"iat": 50, "nbf": 50}, {"exp": -50}, {"iat": -3600, "nbf": -3600, "exp": -50}])
def test_case_114_clocks_may_differ_by_a_minute(hub: Hub, mint: Mint, claims: dict[str, int]) -> None:
    expect(send("GET", f"{hub.url}/v2/", headers=mint.bearer(mint.claims(**claims))), 200)


def test_case_115_no_other_host_ever_needs_the_token(hub: Hub, owner: Registry, public: str) -> None:
    """Nothing is answered with a redirect, so there is no other host: bytes come from where the token was shown."""
    pushed = owner.push_image(public, "1")
    paths = [f"blobs/{digest}" for digest in pushed.blobs] + ["manifests/1", f"manifests/{pushed.digest}", "tags/list"]
    for path in paths:
        for headers in ({}, {"Range": "bytes=1-"}):
            response = send("GET", f"{hub.url}/v2/{public}/{path}", headers={**owner.bearer, **headers})
            assert response.status_code in {200, 206}
            assert (response.next_request, response.headers.get("Location")) == (None, None)
    for address in (f"/v2/{public}/blobs/uploads", "/v2", f"/v2/{public}/tags/list/"):
        for method in ("GET", "POST"):
            assert not 300 <= send(method, hub.url + address, headers=owner.bearer).status_code < 400


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "BeArEr", "Bearer "])
def test_case_116_the_scheme_may_be_written_in_any_letters(hub: Hub, owner: Registry, scheme: str) -> None:
    token = owner.token().json()["token"]
    with Line(hub) as line:
        line.request("GET", "/v2/", f"authorization: {scheme} {token}")
        assert (line.answer().status, scheme) == (200, scheme)


@pytest.mark.parametrize("method", ["HEAD", "GET", "PUT", "PATCH", "DELETE", "POST"])
def test_case_117_every_method_is_challenged(hub: Hub, mint: Mint, method: str) -> None:
    paths = {"PATCH": "blobs/uploads/x", "POST": "blobs/uploads/"}
    path = f"/v2/olga/app/{paths.get(method, 'manifests/1')}"
    wanted = {"HEAD": "pull", "GET": "pull", "DELETE": "delete"}.get(method, "pull,push")
    with Line(hub) as line:
        for bearer, error in (({}, ""), ({"Authorization": "Bearer x"}, "invalid_token")):
            line.request(method, path, bearer=bearer)
            answer = line.answer(method)
            assert answer.status == 401
            assert answer.headers["www-authenticate"] == (
                f'Bearer realm="{hub.url}/token",service="{hub.registry}",scope="repository:olga/app:{wanted}"'
                + (f',error="{error}"' if error else "")
            )
            assert bool(answer.body) == (method != "HEAD")


def test_an_upload_is_refused_a_token_that_may_only_pull(hub: Hub, owner: Registry, repository: str) -> None:
    token = owner.token(f"repository:{repository}:pull").json()["token"]
    body = json.dumps(image()).encode()
    path = f"{hub.url}/v2/{repository}/manifests/1"
    response = send("PUT", path, content=body, headers={"Authorization": f"Bearer {token}"})
    assert challenge_of(expect(response, 401, "UNAUTHORIZED"))["error"] == "insufficient_scope"
