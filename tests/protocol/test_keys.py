"""The public keys of bearer tokens, for registries that trust this hub's token service."""

from __future__ import annotations

import jwt

from tests.live import Hub, running
from tests.registry import Registry, expect, send


def keys_of(hub: Hub) -> jwt.PyJWKSet:
    response = expect(send("GET", f"{hub.url}/.well-known/jwks.json"), 200)
    assert response.headers["Content-Type"] == "application/jwk-set+json"
    assert all(set(key) == {"kty", "crv", "x", "y", "kid", "alg", "use"} for key in response.json()["keys"])
    return jwt.PyJWKSet.from_dict(response.json())


def test_a_stranger_verifies_tokens_for_itself_with_the_published_keys() -> None:
    with running(HUB_TOKEN_SERVICES="other.example") as hub:
        owner = Registry(hub.url, hub.people["owner"].credentials)
        owner.push_image("olga/app", "1")
        asked = {"service": "other.example", "scope": "repository:olga/app:pull,push"}
        token = expect(send("GET", f"{hub.url}/token", params=asked, auth=owner.credentials), 200).json()["token"]
        key = keys_of(hub)[jwt.get_unverified_header(token)["kid"]]
        claims = jwt.decode(token, key, algorithms=["ES256"], audience="other.example", issuer=hub.url)
        assert claims["access"] == [{"type": "repository", "name": "olga/app", "actions": ["pull", "push"]}]
        bearer = {"Authorization": f"Bearer {token}"}
        expect(send("GET", f"{hub.url}/v2/olga/app/tags/list", headers=bearer), 401, "UNAUTHORIZED")
        strangers = {"service": "stranger.example"}
        expect(send("GET", f"{hub.url}/token", params=strangers, auth=owner.credentials), 400, "UNSUPPORTED")


def test_a_rotation_publishes_the_new_key_beside_the_old_and_a_compromise_only_the_new() -> None:
    with running() as hub:
        first = {key.key_id for key in keys_of(hub).keys}
        hub.manage("rotate_registry_keys")
        both = {key.key_id for key in keys_of(hub).keys}
        assert len(both) == 2
        assert first < both
        hub.manage("rotate_registry_keys", "--compromised")
        assert both.isdisjoint(key.key_id for key in keys_of(hub).keys)
