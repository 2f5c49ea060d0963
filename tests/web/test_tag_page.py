"""An image's page, by tag and by digest: layers, platforms, configuration, artifacts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from accounts.models import User
from hub.management.demo.content import CONFIG, LAYER, MANIFEST, push_blob
from repositories import manifests
from repositories.oci import digests, names
from tests.make import content
from tests.web.reading import Page, client_of, get

pytestmark = pytest.mark.django_db

URL = "/owner-person/app/-/tags"


def lines_of(page: Page) -> list[str]:
    """The rows of the table of layers."""
    return [row.text for row in page.all("tr")][1:]


def test_layers_stand_in_order_with_instruction_share_and_size(owner: User) -> None:
    content.image(content.repository(owner, "app"), "1.0")

    page = get(client_of(), f"{URL}/1.0")

    lines = lines_of(page)
    assert [line.split(" ", 1)[0] for line in lines] == ["1", "2", "3", "4"]
    for line, instruction in zip(lines, [layer[0] for layer in content.LAYERS], strict=True):
        assert instruction in line
    assert lines[2].endswith("KB")
    assert "KB" not in lines[1]
    shares = [part.attributes["width"] for part in page.all("rect", class_="part")]
    assert shares[1] == "100%"
    assert all(0 < int(share.removesuffix("%")) < 100 for share in (shares[0], shares[2]))


def test_facts_and_commands_by_tag_and_by_digest(owner: User, settings: Any) -> None:
    settings.HUB_REGISTRY_HOST = "localhost:8000"
    access = content.repository(owner, "app")
    digest = content.image(access, "1.0", "latest")

    page = get(client_of(), f"{URL}/1.0")

    assert page.commands == [
        "docker pull localhost:8000/owner-person/app:1.0",
        str(digest),
        f"docker pull localhost:8000/owner-person/app@{digest}",
    ]
    for fact in (
        "= latest",
        "Platform linux/amd64",
        "Pushed just now by owner-person",
        "Built",
        "Format OCI",
    ):
        assert fact in page.text


def test_the_configuration_tells_how_it_runs(owner: User) -> None:
    content.image(content.repository(owner, "app"), "1.0", labels={"team": "cranes & berths"})

    text = get(client_of(), f"{URL}/1.0").text

    for fact in ("Entrypoint node", "Cmd server.js", "NODE_ENV=production", "8080/tcp", "User node", "WorkingDir /app"):
        assert fact in text
    assert "team=cranes & berths" in text


def test_an_index_offers_its_platforms(owner: User) -> None:
    content.index(content.repository(owner, "app"), "1.0")

    arm = get(client_of(), f"{URL}/1.0", platform="linux/arm64")
    assert "Platform linux/arm64" in arm.text
    current = [each.text for each in arm.all("a", aria_current="page") if "linux" in each.text]
    assert [each.split()[0] for each in current] == ["linux/arm64"]
    choices = [each.attributes["href"] for each in arm.all("a") if "platform=" in each.attributes.get("href", "")]
    assert len(choices) == 2
    assert "Platform linux/amd64" in get(client_of(), f"{URL}/1.0", platform="plan9/mips").text


def test_a_digest_has_the_same_page_without_a_tag(owner: User) -> None:
    access = content.repository(owner, "app")
    digest = content.image(access)
    tagged = content.index(access, "1.0")

    page = get(client_of(), f"/owner-person/app/-/manifests/{digest}")
    assert page.headings(2)[0] == digest.short
    assert "COPY . /app" in page.text
    assert "Delete tag" not in page.text
    assert "= 1.0" in get(client_of(), f"/owner-person/app/-/manifests/{tagged}").text


def test_an_artifact_shows_its_files_and_annotations(owner: User, settings: Any) -> None:
    settings.HUB_REGISTRY_HOST = "localhost:8000"
    content.artifact(content.repository(owner, "app"), "sbom")

    page = get(client_of(), f"{URL}/sbom")

    assert "sbom.json" in lines_of(page)[0]
    assert "org.opencontainers.image.description What is inside" in page.text
    assert page.commands[0] == "oras pull localhost:8000/owner-person/app:sbom"


@pytest.mark.parametrize(
    "config",
    [
        {"created": "2026-01-12", "config": None, "history": None},
        {"created": "2026-01-12T10:00:00", "history": [{"created_by": None}, "no object", {}]},
        {"created": "0001-01-01T00:00:00Z", "config": {"Labels": {"a": "<script>alert(1)</script>"}}},
        {"created": "0001-01-01T00:00:00+14:00", "config": {"Env": None, "ExposedPorts": None}},
        {"created": 5, "config": {"Env": 5, "Labels": [1], "ExposedPorts": "x", "Cmd": {"a": 1}, "Volumes": 7}},
        {"created": "soon", "config": [], "history": {}, "architecture": 5, "os": ["linux"]},
        {"history": [{"created_by": "RUN " + "x" * 100_000}]},
    ],
)
def test_configurations_that_builders_should_not_write_do_no_harm(owner: User, config: dict[str, Any]) -> None:
    access = content.repository(owner, "app")
    body = json.dumps(config).encode()
    push_blob(access, body)
    push_blob(access, b"layer")
    document = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {"mediaType": CONFIG, "digest": str(digests.compute(body)), "size": len(body)},
        "layers": [{"mediaType": LAYER, "digest": str(digests.compute(b"layer")), "size": 5}],
    }
    manifests.put(access, names.tag("odd"), json.dumps(document).encode(), media_type=MANIFEST)

    page = get(client_of(), f"{URL}/odd")

    assert page.status == 200
    assert "5 B" in page.text
    assert "<script>alert" not in page.raw
    assert get(client_of(), URL).status == 200


def test_unknown_tags_and_digests_are_not_found(owner: User) -> None:
    content.image(content.repository(owner, "app"), "1.0")
    for url in (f"{URL}/2.0", f"{URL}/1.0:x", "/owner-person/app/-/manifests/sha256:" + 64 * "0"):
        assert get(client_of(owner), url).status == 404
