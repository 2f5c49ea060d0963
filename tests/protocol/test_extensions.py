"""Discovery of extensions, of the registry and of one repository."""

from __future__ import annotations

import pytest

from tests.live import Hub
from tests.registry import Registry, expect, send

_FIELDS = {"name", "url", "description", "endpoints"}


@pytest.mark.parametrize("path", ["/v2/_oci/ext/discover", "/v2/olga/app/_oci/ext/discover"])
def test_extensions_are_for_those_who_show_a_token(hub: Hub, path: str) -> None:
    expect(send("GET", hub.url + path), 401, "UNAUTHORIZED")


def test_what_the_registry_offers_can_be_asked_for(owner: Registry, anonymous: Registry) -> None:
    for client in (owner, anonymous):
        response = expect(client.get("/v2/_oci/ext/discover"), 200)
        assert response.headers["Content-Type"] == "application/json"
        found = {entry["name"]: entry for entry in response.json()["extensions"]}
        assert set(found) == {"_oci", "_catalog"}
        assert all(set(entry) == _FIELDS and entry["url"].startswith("https://") for entry in found.values())
        for endpoint in (found["_oci"]["endpoints"][0], found["_catalog"]["endpoints"][0]):
            expect(client.get(f"/v2/{endpoint}"), 200)


def test_what_a_repository_offers_is_for_those_who_may_pull(owner: Registry, outsider: Registry, private: str) -> None:
    owner.push_image(private, "1")
    response = expect(owner.get(f"/v2/{private}/_oci/ext/discover"), 200)
    assert [entry["endpoints"] for entry in response.json()["extensions"]] == [["_oci/ext/discover"]]
    expect(outsider.get(f"/v2/{private}/_oci/ext/discover"), 401, "UNAUTHORIZED")
    expect(owner.get(f"/v2/{private}-2/_oci/ext/discover"), 404, "NAME_UNKNOWN")
