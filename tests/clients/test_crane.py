"""crane against a running hub: log in, push, pull, copy by mount, list, delete, and be refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests import gotools
from tests.clients import layouts
from tests.clients.cast import INSIDERS, ROLES, MakeClub, MakePerson, is_refusal
from tests.clients.drivers.programs import Crane
from tests.clients.relay import Relay
from tests.live import Hub

pytestmark = [pytest.mark.live, gotools.needs("crane")]


@pytest.mark.shows("crane", "log in", "push", "pull")
def test_an_image_comes_back_byte_for_byte(hub: Hub, somebody: MakePerson, crane: Crane, tmp_path: Path) -> None:
    owner = somebody()
    image = f"{hub.registry}/{owner.username}/from-crane:1.0"
    layout = layouts.write(tmp_path / "in", b"first " * 1000, os.urandom(200_000))
    assert crane.log_in(hub.registry, owner.username, owner.token).returncode == 0

    crane("push", str(layout.folder), image)
    crane.log_out(hub.registry)
    crane.pull(image, tmp_path / "out")

    assert layouts.read(tmp_path / "out") == layout.blobs
    assert crane("digest", image).stdout.strip() == layout.digest
    crane("validate", "--remote", image)


@pytest.mark.shows("crane", "log in")
def test_a_wrong_password_shows_at_the_first_push(hub: Hub, somebody: MakePerson, crane: Crane, tmp_path: Path) -> None:
    """`crane auth login` writes down what it is told and asks nobody."""
    owner = somebody()
    layout = layouts.write(tmp_path / "in", b"refused")
    crane.log_in(hub.registry, owner.username, "not-the-password")

    said = crane.refusal("push", str(layout.folder), f"{hub.registry}/{owner.username}/app:1.0")

    assert "The user name or the password, or the access token, is not right." in said


@pytest.mark.shows("crane", "copy by mount")
def test_a_copy_to_a_second_repository_sends_no_bytes(
    relay: Relay, somebody: MakePerson, crane: Crane, tmp_path: Path
) -> None:
    owner = somebody()
    first, second = (f"{relay.registry}/{owner.username}/{name}:1.0" for name in ("first", "second"))
    layout = layouts.write(tmp_path / "in", os.urandom(2_000_000))
    crane.log_in(relay.registry, owner.username, owner.token)
    crane("push", str(layout.folder), first)
    relay.forget()

    crane("copy", first, second)

    relay.assert_only_mounted(2_000_000)
    crane.pull(second, tmp_path / "out")
    assert layouts.read(tmp_path / "out") == layout.blobs


@pytest.mark.shows("crane", "several platforms")
def test_an_index_is_pushed_whole_and_each_platform_is_found(
    hub: Hub, somebody: MakePerson, crane: Crane, tmp_path: Path
) -> None:
    owner = somebody()
    image = f"{hub.registry}/{owner.username}/multi:1.0"
    layout = layouts.write_index(tmp_path / "in", "amd64", "arm64")
    crane.log_in(hub.registry, owner.username, owner.token)

    crane("push", str(layout.folder), image)
    crane.pull(image, tmp_path / "out")
    configs = [crane("config", "--platform", f"linux/{name}", image).stdout for name in ("amd64", "arm64")]

    assert layouts.read(tmp_path / "out") == layout.blobs
    assert ['"arm64"' in config for config in configs] == [False, True]


@pytest.mark.shows("crane", "list tags")
def test_tags_are_listed_over_several_pages(hub: Hub, somebody: MakePerson, crane: Crane, tmp_path: Path) -> None:
    owner = somebody()
    name = f"{hub.registry}/{owner.username}/listed"
    layout = layouts.write(tmp_path / "in", b"one")
    crane.log_in(hub.registry, owner.username, owner.token)
    crane("push", str(layout.folder), f"{name}:b")
    for tag in ("a", "V1", "_"):
        crane("tag", f"{name}:b", tag)

    assert crane.tags(name) == ["V1", "_", "a", "b"]
    assert f"{owner.username}/listed" in crane("catalog", hub.registry).stdout.split()


@pytest.mark.shows("crane", "delete")
def test_a_deleted_tag_is_gone_and_the_digest_stays_until_it_is_deleted_too(
    hub: Hub, somebody: MakePerson, crane: Crane, tmp_path: Path
) -> None:
    owner = somebody()
    name = f"{hub.registry}/{owner.username}/deleted"
    layout = layouts.write(tmp_path / "in", b"comes and goes")
    crane.log_in(hub.registry, owner.username, owner.token)
    crane("push", str(layout.folder), f"{name}:1.0")

    crane("delete", f"{name}:1.0")
    assert crane.tags(name) == []
    assert crane.manifest(f"{name}@{layout.digest}")["config"]
    crane("delete", f"{name}@{layout.digest}")

    assert "MANIFEST_UNKNOWN" in crane.refusal("manifest", f"{name}@{layout.digest}")


@pytest.mark.shows("crane", "private")
@pytest.mark.parametrize("role", ROLES)
def test_a_private_image_opens_for_its_people_and_for_nobody_else(
    hub: Hub, club: MakeClub, crane: Crane, tmp_path: Path, role: str
) -> None:
    people = club()
    image = f"{hub.registry}/{people.name}/secret:1.0"
    layout = layouts.write(tmp_path / "in", b"only for us")
    crane.log_in(hub.registry, people.owner.username, people.owner.token)
    crane("push", str(layout.folder), image)
    crane.log_out(hub.registry)
    if person := people.person(role):
        crane.log_in(hub.registry, person.username, person.token)

    done = crane.pull(image, tmp_path / "out", check=False)

    if role in INSIDERS:
        assert done.returncode == 0, done.stderr
        assert layouts.read(tmp_path / "out") == layout.blobs
    else:
        assert done.returncode != 0
        assert is_refusal(done.stderr)


def test_a_layer_is_appended_and_an_image_rebuilt_in_the_registry(
    hub: Hub, somebody: MakePerson, crane: Crane, tmp_path: Path
) -> None:
    """`append` and `mutate` read the image from the hub and push a changed one."""
    owner = somebody()
    name = f"{hub.registry}/{owner.username}/changed"
    layout = layouts.write(tmp_path / "in", b"below")
    more = layouts.archive(layouts.write(tmp_path / "more", b"above"), tmp_path / "above.tar")
    crane.log_in(hub.registry, owner.username, owner.token)
    crane("push", str(layout.folder), f"{name}:1.0")

    crane("append", "--base", f"{name}:1.0", "--new_layer", str(more), "--new_tag", f"{name}:2.0")
    crane("mutate", "--label", "seen=yes", "--tag", f"{name}:3.0", f"{name}:2.0")

    assert [len(crane.manifest(f"{name}:{tag}")["layers"]) for tag in ("1.0", "2.0", "3.0")] == [1, 2, 2]
    assert '"seen":"yes"' in crane("config", f"{name}:3.0").stdout
