"""buildah against a running hub: single images, and an index of several platforms."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.clients import layouts
from tests.clients.cast import MakeClub, MakePerson, is_refusal
from tests.clients.drivers.containers import PLAIN_HTTP, Buildah, Skopeo
from tests.clients.relay import Relay
from tests.live import Hub
from tests.programs import needs

pytestmark = [pytest.mark.live, needs("buildah", "skopeo", root=True)]


@pytest.mark.shows("buildah", "log in", "push", "pull")
def test_push_and_pull_bring_the_identical_image(hub: Hub, somebody: MakePerson, buildah: Buildah) -> None:
    owner = somebody()
    image = f"{hub.registry}/{owner.username}/from-buildah:1.0"
    built = buildah.build(image, b"first " * 1000, os.urandom(200_000))
    assert "Login Succeeded" in buildah.log_in(hub.registry, owner.username, owner.token).stdout

    buildah.push(image)
    buildah.log_out(hub.registry)
    buildah.forget_all()
    buildah.pull(image)

    assert buildah.image_id(image) == built


@pytest.mark.shows("buildah", "copy by mount")
def test_a_shared_layer_is_mounted_from_the_first_repository(
    relay: Relay, somebody: MakePerson, buildah: Buildah
) -> None:
    owner = somebody()
    first, second = (f"{relay.registry}/{owner.username}/{name}:1.0" for name in ("first", "second"))
    built = buildah.build(first, os.urandom(2_000_000))
    buildah("tag", first, second)
    buildah.log_in(relay.registry, owner.username, owner.token)
    buildah.push(first)
    relay.forget()

    buildah.push(second)

    relay.assert_only_mounted(2_000_000)
    buildah.forget_all()
    buildah.pull(second)
    assert buildah.image_id(second) == built


@pytest.mark.shows("buildah", "several platforms")
def test_an_index_of_two_platforms_is_pushed_whole_and_each_platform_is_pulled(
    hub: Hub, somebody: MakePerson, buildah: Buildah, skopeo: Skopeo, tmp_path: Path
) -> None:
    owner = somebody()
    image = f"{hub.registry}/{owner.username}/multi:1.0"
    platforms = {
        name: layouts.write(tmp_path / name, f"for {name}".encode(), architecture=name) for name in ("amd64", "arm64")
    }
    buildah("manifest", "create", "multi")
    for layout in platforms.values():
        buildah("manifest", "add", "multi", layout.source)
    buildah.log_in(hub.registry, owner.username, owner.token)

    buildah("manifest", "push", "--all", "--format", "oci", PLAIN_HTTP, "multi", f"docker://{image}")
    index = json.loads(skopeo.raw(image))
    skopeo.copy_out(image, tmp_path / "out")

    assert {child["platform"]["architecture"]: child["digest"] for child in index["manifests"]} == {
        name: layout.digest for name, layout in platforms.items()
    }
    copied = layouts.read(tmp_path / "out")
    for layout in platforms.values():
        assert layout.blobs.items() <= copied.items()
    buildah.pull(image, "--arch", "arm64")
    assert buildah.architecture(image) == "arm64"


@pytest.mark.shows("buildah", "private")
def test_a_private_image_is_for_members_only(hub: Hub, club: MakeClub, buildah: Buildah) -> None:
    people = club()
    image = f"{hub.registry}/{people.name}/secret:1.0"
    built = buildah.build(image, b"only for us")
    buildah.log_in(hub.registry, people.owner.username, people.owner.token)
    buildah.push(image)
    buildah.log_out(hub.registry)
    buildah.forget_all()

    anonymous = buildah.pull(image, check=False)
    buildah.log_in(hub.registry, people.outsider.username, people.outsider.token)
    outsider = buildah.pull(image, check=False)
    buildah.log_in(hub.registry, people.member.username, people.member.token)
    buildah.pull(image)

    for refused in (anonymous, outsider):
        assert refused.returncode != 0
        assert is_refusal(refused.stderr)
    assert buildah.image_id(image) == built


def test_a_reader_cannot_push(hub: Hub, somebody: MakePerson, buildah: Buildah) -> None:
    owner, reader = somebody(), somebody()
    image = f"{hub.registry}/{owner.username}/readable:1.0"
    buildah.build(image, b"read me")
    buildah.log_in(hub.registry, owner.username, owner.token)
    buildah.push(image)
    buildah.log_in(hub.registry, reader.username, reader.token)

    refused = buildah.push(image, check=False)

    assert refused.returncode != 0
    assert "denied" in refused.stderr


@pytest.mark.shows("buildah", "log in")
def test_a_wrong_password_is_refused_at_login(hub: Hub, somebody: MakePerson, buildah: Buildah) -> None:
    person = somebody()

    refused = buildah.log_in(hub.registry, person.username, "not-the-password")

    assert refused.returncode != 0
    assert "invalid username/password" in refused.stderr
