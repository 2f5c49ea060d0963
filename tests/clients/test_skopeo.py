"""skopeo against a running hub: copy in and out byte for byte, look, list, delete, and be refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.clients import layouts
from tests.clients.cast import Club, MakeClub, MakePerson, Person
from tests.clients.drivers.containers import PLAIN_HTTP, Skopeo
from tests.clients.relay import Relay
from tests.live import Hub
from tests.programs import needs

pytestmark = [pytest.mark.live, needs("skopeo")]


@pytest.mark.shows("skopeo", "log in", "push", "pull")
def test_a_public_image_is_copied_out_anonymously_byte_for_byte(
    hub: Hub, somebody: MakePerson, skopeo: Skopeo, tmp_path: Path
) -> None:
    owner = somebody()
    image = f"{hub.registry}/{owner.username}/public-image:1.0"
    layout = layouts.write(tmp_path / "in", b"first layer " * 999, os.urandom(300_000))
    skopeo.log_in(hub.registry, owner.username, owner.token)
    skopeo.copy_in(layout.source, image)
    skopeo.log_out(hub.registry)

    skopeo.copy_out(image, tmp_path / "out")

    assert layouts.read(tmp_path / "out") == layout.blobs


def test_an_image_with_many_layers_and_an_empty_file_stays_whole(
    hub: Hub, somebody: MakePerson, skopeo: Skopeo, tmp_path: Path
) -> None:
    owner = somebody()
    image = f"{hub.registry}/{owner.username}/nested/path/of/names:many"
    layout = layouts.write(tmp_path / "in", b"", *(f"layer {number}".encode() for number in range(20)))
    skopeo.log_in(hub.registry, owner.username, owner.token)

    skopeo.copy_in(layout.source, image)
    skopeo.copy_out(image, tmp_path / "out")

    assert layouts.read(tmp_path / "out") == layout.blobs


def test_copying_again_changes_nothing(hub: Hub, somebody: MakePerson, skopeo: Skopeo, tmp_path: Path) -> None:
    owner = somebody()
    image = f"{hub.registry}/{owner.username}/twice:1.0"
    layout = layouts.write(tmp_path / "in", b"the same")
    skopeo.log_in(hub.registry, owner.username, owner.token)

    for _ in range(2):
        skopeo.copy_in(layout.source, image)
        assert skopeo.inspect(image)["Digest"] == layout.digest


@pytest.mark.shows("skopeo", "copy by mount")
def test_a_copy_to_a_second_repository_sends_no_bytes(
    relay: Relay, somebody: MakePerson, skopeo: Skopeo, tmp_path: Path
) -> None:
    owner = somebody()
    first, second = (f"{relay.registry}/{owner.username}/{name}:1.0" for name in ("first", "second"))
    layout = layouts.write(tmp_path / "in", b"shared", os.urandom(2_000_000))
    skopeo.log_in(relay.registry, owner.username, owner.token)
    skopeo.copy_in(layout.source, first)
    relay.forget()

    skopeo("copy", "--src-tls-verify=false", "--dest-tls-verify=false", f"docker://{first}", f"docker://{second}")

    relay.assert_only_mounted(2_000_000)
    skopeo.copy_out(second, tmp_path / "out")
    assert layouts.read(tmp_path / "out") == layout.blobs


@pytest.mark.shows("skopeo", "several platforms")
def test_a_repository_with_an_index_is_synchronised_into_another_name(
    hub: Hub, somebody: MakePerson, skopeo: Skopeo, tmp_path: Path
) -> None:
    owner = somebody()
    name = f"{hub.registry}/{owner.username}"
    layout = layouts.write_index(tmp_path / "in", "amd64", "arm64")
    skopeo.log_in(hub.registry, owner.username, owner.token)
    for tag in ("1.0", "2.0"):
        skopeo("copy", "--all", "--dest-tls-verify=false", layout.source, f"docker://{name}/multi:{tag}")

    both = ("--all", "--src-tls-verify=false", "--dest-tls-verify=false", "--src", "docker", "--dest", "docker")
    skopeo("sync", *both, f"{name}/multi", f"{name}/mirror")

    assert skopeo.listed_tags(f"{name}/mirror/multi") == ["1.0", "2.0"]
    skopeo.copy_out(f"{name}/mirror/multi:2.0", tmp_path / "out")
    assert layouts.read(tmp_path / "out") == layout.blobs


@pytest.mark.shows("skopeo", "private")
@pytest.mark.parametrize("who", ["owner", "member", "outsider", "anonymous"])
def test_a_private_image_opens_for_its_people_and_for_nobody_else(
    hub: Hub, club: MakeClub, skopeo: Skopeo, tmp_path: Path, who: str
) -> None:
    people = club()
    image = f"{hub.registry}/{people.name}/secret:1.0"
    layout = layouts.write(tmp_path / "in", b"only for us")
    skopeo.log_in(hub.registry, people.owner.username, people.owner.token)
    skopeo.copy_in(layout.source, image)
    skopeo.log_out(hub.registry)
    _become(skopeo, hub, people, who)

    done = skopeo.copy_out(image, tmp_path / "out", check=False)

    if who in {"owner", "member"}:
        assert done.returncode == 0, done.stderr
        assert layouts.read(tmp_path / "out") == layout.blobs
    else:
        assert done.returncode != 0
        assert _denied(done.stderr)


@pytest.mark.parametrize("who", ["outsider", "anonymous"])
def test_a_private_repository_and_an_absent_one_are_refused_in_equal_words(
    hub: Hub, club: MakeClub, skopeo: Skopeo, tmp_path: Path, who: str
) -> None:
    people = club()
    layout = layouts.write(tmp_path / "in", b"only for us")
    skopeo.log_in(hub.registry, people.owner.username, people.owner.token)
    skopeo.copy_in(layout.source, f"{hub.registry}/{people.name}/secret:1.0")
    skopeo.log_out(hub.registry)
    _become(skopeo, hub, people, who)

    said = {
        name: _words_of_refusal(skopeo, f"{hub.registry}/{people.name}/{name}:1.0", name)
        for name in ("secret", "absent")
    }

    assert said["secret"] == said["absent"]
    assert _denied(said["secret"])


@pytest.mark.shows("skopeo", "list tags")
def test_tags_are_listed_and_one_is_inspected(hub: Hub, somebody: MakePerson, skopeo: Skopeo, tmp_path: Path) -> None:
    owner = somebody()
    name = f"{hub.registry}/{owner.username}/listed"
    layout = layouts.write(tmp_path / "in", b"one", b"two")
    skopeo.log_in(hub.registry, owner.username, owner.token)
    for tag in ("b", "a", "V1"):
        skopeo.copy_in(layout.source, f"{name}:{tag}")
    skopeo.log_out(hub.registry)

    listed = skopeo.listed_tags(name)
    seen = skopeo.inspect(f"{name}:a")

    assert listed == ["V1", "a", "b"]
    assert seen["Digest"] == layout.digest
    assert (seen["Os"], seen["Architecture"]) == ("linux", "amd64")
    assert len(seen["Layers"]) == 2


@pytest.mark.shows("skopeo", "delete")
def test_a_deleted_image_is_gone_and_can_be_pushed_again(
    hub: Hub, somebody: MakePerson, skopeo: Skopeo, tmp_path: Path
) -> None:
    owner = somebody()
    name = f"{hub.registry}/{owner.username}/deleted"
    layout = layouts.write(tmp_path / "in", b"comes and goes")
    skopeo.log_in(hub.registry, owner.username, owner.token)
    skopeo.copy_in(layout.source, f"{name}:1.0")

    skopeo("delete", PLAIN_HTTP, f"docker://{name}:1.0")

    assert skopeo.listed_tags(name) == []
    gone = skopeo.copy_out(f"{name}:1.0", tmp_path / "gone", check=False)
    assert gone.returncode != 0
    assert "manifest unknown" in gone.stderr
    skopeo.copy_in(layout.source, f"{name}:1.0")
    skopeo.copy_out(f"{name}:1.0", tmp_path / "again")
    assert layouts.read(tmp_path / "again") == layout.blobs


def test_a_reader_cannot_delete(hub: Hub, somebody: MakePerson, skopeo: Skopeo, tmp_path: Path) -> None:
    owner, reader = somebody(), somebody()
    image = f"{hub.registry}/{owner.username}/kept:1.0"
    layout = layouts.write(tmp_path / "in", b"stays")
    skopeo.log_in(hub.registry, owner.username, owner.token)
    skopeo.copy_in(layout.source, image)
    skopeo.log_in(hub.registry, reader.username, reader.token)

    refused = skopeo("delete", PLAIN_HTTP, f"docker://{image}", check=False)

    assert refused.returncode != 0
    assert _denied(refused.stderr)
    assert skopeo.inspect(image)["Digest"] == layout.digest


@pytest.mark.shows("skopeo", "log in")
def test_a_wrong_password_is_refused_at_login(hub: Hub, somebody: MakePerson, skopeo: Skopeo) -> None:
    person = somebody()

    refused = skopeo.log_in(hub.registry, person.username, "not-the-password")

    assert refused.returncode != 0
    assert "invalid username/password" in refused.stderr


def test_a_token_that_may_only_read_cannot_push(hub: Hub, somebody: MakePerson, skopeo: Skopeo, tmp_path: Path) -> None:
    person = somebody()
    layout = layouts.write(tmp_path / "in", b"refused")
    skopeo.log_in(hub.registry, person.username, person.reading_token)

    refused = skopeo(
        "copy",
        "--dest-tls-verify=false",
        layout.source,
        f"docker://{hub.registry}/{person.username}/app:1",
        check=False,
    )

    assert refused.returncode != 0
    assert _denied(refused.stderr)


def _become(skopeo: Skopeo, hub: Hub, people: Club, who: str) -> None:
    chosen: Person | None = {"owner": people.owner, "member": people.member, "outsider": people.outsider}.get(who)
    if chosen:
        assert skopeo.log_in(hub.registry, chosen.username, chosen.token).returncode == 0


def _words_of_refusal(skopeo: Skopeo, image: str, name: str) -> str:
    """What skopeo says about the image, without the time and with the repository's name left out."""
    done = skopeo("inspect", PLAIN_HTTP, f"docker://{image}", check=False)
    assert done.returncode != 0
    return done.stderr.partition("level=")[2].replace(name, "…")


def _denied(said: str) -> bool:
    return any(word in said.lower() for word in ("denied", "unauthorized", "authentication required"))
