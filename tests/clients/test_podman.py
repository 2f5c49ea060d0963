"""podman against a running hub: log in, push, pull the identical image, and be refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.clients import layouts
from tests.clients.cast import MakeClub, MakePerson
from tests.clients.drivers.containers import PLAIN_HTTP, Podman
from tests.clients.relay import Relay
from tests.live import Hub
from tests.programs import needs

pytestmark = [pytest.mark.live, needs("podman", root=True)]


@pytest.mark.shows("podman", "log in", "push", "pull")
def test_push_and_pull_bring_the_identical_image(hub: Hub, somebody: MakePerson, podman: Podman) -> None:
    owner = somebody()
    image = f"{hub.registry}/{owner.username}/from-podman:1.0"
    built = podman.build(image, b"first " * 1000, os.urandom(200_000))
    assert "Login Succeeded" in podman.log_in(hub.registry, owner.username, owner.token).stdout

    digest_file = podman.folder / "digest"
    podman.push(image, "--digestfile", str(digest_file))
    podman.log_out(hub.registry)
    podman.forget_all()
    podman.pull(image)

    assert podman.image_id(image) == built
    assert podman.digest(image) == digest_file.read_text()


def test_pushing_again_keeps_the_digest(hub: Hub, somebody: MakePerson, podman: Podman, tmp_path: Path) -> None:
    owner = somebody()
    image = f"{hub.registry}/{owner.username}/twice:1.0"
    podman.build(image, b"the same")
    podman.log_in(hub.registry, owner.username, owner.password)

    podman.push(image, "--digestfile", str(tmp_path / "first"))
    podman.push(image, "--digestfile", str(tmp_path / "second"))

    assert (tmp_path / "first").read_text() == (tmp_path / "second").read_text()


@pytest.mark.shows("podman", "copy by mount")
def test_a_shared_layer_is_mounted_from_the_first_repository(
    relay: Relay, somebody: MakePerson, podman: Podman
) -> None:
    owner = somebody()
    first, second = (f"{relay.registry}/{owner.username}/{name}:1.0" for name in ("first", "second"))
    built = podman.build(first, os.urandom(2_000_000))
    podman("tag", first, second)
    podman.log_in(relay.registry, owner.username, owner.token)
    podman.push(first)
    relay.forget()

    podman.push(second)

    relay.assert_only_mounted(2_000_000)
    podman.forget_all()
    podman.pull(second)

    assert podman.image_id(second) == built


@pytest.mark.shows("podman", "several platforms")
def test_an_index_is_pushed_whole_and_the_platform_asked_for_is_pulled(
    hub: Hub, somebody: MakePerson, podman: Podman, tmp_path: Path
) -> None:
    owner = somebody()
    image = f"{hub.registry}/{owner.username}/multi:1.0"
    podman("manifest", "create", "multi")
    for name in ("amd64", "arm64"):
        layout = layouts.write(tmp_path / name, f"for {name}".encode(), architecture=name)
        podman("manifest", "add", "multi", layout.source)
    podman.log_in(hub.registry, owner.username, owner.token)

    podman("manifest", "push", "--all", PLAIN_HTTP, "multi", f"docker://{image}")
    podman.pull(image, "--arch", "arm64")

    assert podman.architecture(image) == "arm64"


@pytest.mark.shows("podman", "list tags")
def test_tags_are_listed_by_search(hub: Hub, somebody: MakePerson, podman: Podman) -> None:
    owner = somebody()
    name = f"{hub.registry}/{owner.username}/listed"
    podman.build(f"{name}:a", b"tagged twice")
    podman("tag", f"{name}:a", f"{name}:V1")
    podman.log_in(hub.registry, owner.username, owner.token)
    podman.push(f"{name}:a")
    podman.push(f"{name}:V1")

    found = podman("search", PLAIN_HTTP, "--list-tags", name).stdout.splitlines()[1:]

    assert [line.split() for line in found] == [[name, "V1"], [name, "a"]]


def test_the_docker_format_is_kept_as_well(hub: Hub, somebody: MakePerson, podman: Podman) -> None:
    owner = somebody()
    image = f"{hub.registry}/{owner.username}/schema-two:1.0"
    podman.build(image, b"old and common")
    podman.log_in(hub.registry, owner.username, owner.token)

    podman.push(image, "--format", "v2s2")
    podman.forget_all()
    podman.pull(image)

    assert podman.manifest_type(image) == "application/vnd.docker.distribution.manifest.v2+json"


@pytest.mark.shows("podman", "log in")
def test_a_wrong_password_is_refused_at_login(hub: Hub, somebody: MakePerson, podman: Podman) -> None:
    person = somebody()

    refused = podman.log_in(hub.registry, person.username, "not-the-password")

    assert refused.returncode != 0
    assert "invalid username/password" in refused.stderr


def test_a_reader_pulls_and_cannot_push(hub: Hub, somebody: MakePerson, podman: Podman) -> None:
    owner, reader = somebody(), somebody()
    image = f"{hub.registry}/{owner.username}/readable:1.0"
    podman.build(image, b"read me")
    podman.log_in(hub.registry, owner.username, owner.token)
    podman.push(image)
    podman.log_in(hub.registry, reader.username, reader.token)

    podman.pull(image)
    refused = podman.push(image, check=False)

    assert refused.returncode != 0
    assert "denied" in refused.stderr


@pytest.mark.shows("podman", "private")
def test_a_private_image_is_for_members_only(hub: Hub, club: MakeClub, podman: Podman) -> None:
    people = club()
    image = f"{hub.registry}/{people.name}/secret:1.0"
    built = podman.build(image, b"only for us")
    podman.log_in(hub.registry, people.owner.username, people.owner.token)
    podman.push(image)
    podman.log_out(hub.registry)
    podman.forget_all()

    anonymous = podman.pull(image, check=False)
    podman.log_in(hub.registry, people.outsider.username, people.outsider.token)
    outsider = podman.pull(image, check=False)
    podman.log_in(hub.registry, people.member.username, people.member.token)
    podman.pull(image)

    for refused in (anonymous, outsider):
        assert refused.returncode != 0
        assert "denied" in refused.stderr or "unauthorized" in refused.stderr
    assert podman.image_id(image) == built


def test_the_second_private_repository_is_refused_with_the_rule(hub: Hub, club: MakeClub, podman: Podman) -> None:
    people = club()
    first, second = (f"{hub.registry}/{people.name}/{name}:1.0" for name in ("first", "second"))
    podman.build(first, b"one is free")
    podman("tag", first, second)
    podman.log_in(hub.registry, people.owner.username, people.owner.token)
    podman.push(first)

    refused = podman.push(second, check=False)

    assert refused.returncode != 0
    assert f"allows 1 private repository, and {people.name} uses 1" in refused.stderr


def test_what_one_may_pull_is_found_by_search(hub: Hub, somebody: MakePerson, podman: Podman) -> None:
    owner = somebody()
    podman.build(f"{hub.registry}/{owner.username}/findable:1.0", b"here I am")
    podman.log_in(hub.registry, owner.username, owner.token)
    podman.push(f"{hub.registry}/{owner.username}/findable:1.0")

    found = podman("search", PLAIN_HTTP, f"{hub.registry}/{owner.username}").stdout

    assert f"{owner.username}/findable" in found
