"""Images as people look at them: platform, layers with their instructions, configuration; whatever was pushed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from repositories import images, tags
from repositories.access import Access
from repositories.errors import ManifestUnknown, TagUnknown
from repositories.oci import digests
from tests.unit.repositories.builders import config, push_image, push_index, push_signature

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("audited")]


def push(access: Access, layers: list[bytes], **facts: Any) -> images.ImageView:
    push_image(access, "one", layers=layers, settings=config(**facts))
    return images.describe(access, "one")


def test_layers_stand_beside_the_instructions_that_made_them(access: Access) -> None:
    history = [
        {"created_by": "/bin/sh -c #(nop) ADD file:abc in / "},
        {"created_by": '/bin/sh -c #(nop)  CMD ["sh"]', "empty_layer": True},
        {"created_by": "/bin/sh -c apk add   curl"},
        {"created_by": "COPY . /app # buildkit"},
        {"created_by": "RUN /bin/sh -c make # buildkit"},
    ]
    layers = [b"x" * 100, b"y" * 50, b"z", b"zz"]
    found = push(access, layers, history=history, created="2026-01-02T03:04:05.123456789Z")
    assert [(row.ordinal, row.instruction, row.size, row.share) for row in found.layers] == [
        (1, "ADD file:abc in /", 100, 100),
        (2, 'CMD ["sh"]', 0, 0),
        (3, "RUN apk add curl", 50, 50),
        (4, "COPY . /app", 1, 1),
        (5, "RUN make", 2, 2),
    ]
    assert found.layers[0].digest == digests.compute(b"x" * 100)
    assert found.layers[1].digest is None
    assert (found.kind, found.platform, found.tags) == ("image", "linux/amd64", ["one"])
    assert found.created_at is not None
    assert found.created_at.isoformat() == "2026-01-02T03:04:05.123456+00:00"


def test_without_a_history_the_layers_stand_alone(access: Access) -> None:
    found = push(access, [b"1", b"22"])
    assert [row.size for row in found.layers] == [1, 2]
    assert all(row.digest for row in found.layers)


def test_the_configuration_is_told_by_name(access: Access) -> None:
    inner: dict[str, Any] = {
        "Entrypoint": ["/app", "-v"],
        "Cmd": None,
        "User": "node",
        "Env": ["A=1", "B=2"],
        "ExposedPorts": {"80/tcp": {}, "443/tcp": {}},
        "Labels": {"b": "2", "a": "1"},
    }
    assert push(access, [b"1"], config=inner).config == [
        ("Entrypoint", "/app -v"),
        ("User", "node"),
        ("Env", "A=1"),
        ("Env", "B=2"),
        ("Port", "443/tcp"),
        ("Port", "80/tcp"),
        ("Label", "a=1"),
        ("Label", "b=2"),
    ]


def test_of_an_index_one_platform_is_shown_and_all_are_listed(access: Access) -> None:
    amd, arm = (push_image(access, settings=config(architecture=name), layers=[b"x"]) for name in ("amd64", "arm64"))
    push_index(access, [amd, arm], "all", "latest")
    found = images.describe(access, "all")
    assert (found.digest, found.platform, found.tags) == (amd, "linux/amd64", ["all", "latest"])
    assert [row.platform for row in found.platforms] == ["linux/amd64", "linux/arm64"]
    assert images.describe(access, "all", "linux/arm64").digest == arm
    assert images.describe(access, "all", "plan9/mips").digest == amd
    assert images.describe(access, str(arm)).digest == arm


def test_an_index_of_nothing_is_shown_as_itself(access: Access) -> None:
    push_index(access, [], "none", annotations={"a": "b"})
    found = images.describe(access, "none")
    assert (found.kind, found.platforms, found.layers) == ("index", [], [])


def test_an_artifact_is_told_by_its_annotations(access: Access) -> None:
    digest = push_signature(access, push_image(access, "one"), annotations={"b": "2", "a": "1"})
    found = images.describe(access, str(digest))
    assert (found.kind, found.platform) == ("artifact", "")
    assert found.config == [("a", "1"), ("b", "2")]


@pytest.mark.parametrize("reference", ["none", ".bad", "", "a/b", "\x00", "x" * 200])
def test_an_unknown_tag_is_said_so(access: Access, reference: str) -> None:
    with pytest.raises(TagUnknown):
        images.describe(access, reference)


@pytest.mark.parametrize("reference", [str(digests.compute(b"x")), "sha256:abc", "md5:abc", ":"])
def test_an_unknown_digest_is_said_so(access: Access, reference: str) -> None:
    with pytest.raises(ManifestUnknown):
        images.describe(access, reference)


STRANGE: list[Any] = [None, 5, "text", [], {}, [None, 5], {"a": None}, {"a": [1]}, [[["x"]]], True, "\x00", "\ud800"]


@pytest.mark.parametrize("value", STRANGE)
@pytest.mark.parametrize("name", ["Env", "Labels", "ExposedPorts", "Volumes", "Entrypoint", "User"])
def test_no_configuration_breaks_the_page(access: Access, name: str, value: Any) -> None:
    found = push(access, [b"1"], config={name: value})
    assert all("\x00" not in text and text.encode() for _, text in found.config)


@pytest.mark.parametrize("value", STRANGE)
@pytest.mark.parametrize("name", ["config", "history", "created", "rootfs", "os"])
def test_no_member_breaks_the_page(access: Access, name: str, value: Any) -> None:
    found = push(access, [b"1"], **{name: value})
    assert len(found.layers) >= 1
    json.dumps(found.platform).encode()


@pytest.mark.parametrize(
    "created",
    [
        "",
        "never",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59-23:59",
        "0001-01-01T00:00:00+14:00",
        "2026-02-30T00:00:00Z",
        "2026-01-02",
        "2026-01-02T03:04:05",
    ],
)
def test_no_date_breaks_the_page(access: Access, created: str) -> None:
    found = push(access, [b"1"], created=created).created_at
    assert found is None or found.tzinfo is not None


def test_a_deleted_image_is_shown_no_more(access: Access) -> None:
    found = push(access, [b"1"])
    tags.remove(access, "one")
    with pytest.raises(ManifestUnknown):
        images.describe(access, str(found.digest))
