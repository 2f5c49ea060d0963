"""oras against a running hub: artifacts, what is attached to them, copies with all that, deletion, refusals."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests import gotools
from tests.clients import layouts
from tests.clients.cast import INSIDERS, ROLES, MakeClub, MakePerson, is_refusal
from tests.clients.drivers.programs import PLAIN, Oras
from tests.clients.relay import Relay
from tests.live import Hub

pytestmark = [pytest.mark.live, gotools.needs("oras")]

SBOM, NOTE = "application/vnd.example.sbom", "application/vnd.example.note"


@pytest.mark.shows("oras", "log in", "push", "pull")
def test_the_files_of_an_artifact_come_back(hub: Hub, somebody: MakePerson, oras: Oras, tmp_path: Path) -> None:
    owner = somebody()
    artifact = f"{hub.registry}/{owner.username}/files:1.0"
    contents = {"short.txt": b"hello", "empty": b"", "long.bin": os.urandom(3_000_000)}
    for name, content in contents.items():
        (oras.folder / name).write_bytes(content)
    assert "Login Succeeded" in oras.log_in(hub.registry, owner.username, owner.token).stdout

    oras("push", PLAIN, "--artifact-type", "application/vnd.example.files", artifact, *contents)
    oras.log_out(hub.registry)
    oras("pull", PLAIN, "--output", str(tmp_path), artifact)

    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == contents


@pytest.mark.shows("oras", "log in")
def test_a_wrong_password_is_refused_at_login(hub: Hub, somebody: MakePerson, oras: Oras) -> None:
    refused = oras.log_in(hub.registry, somebody().username, "not-the-password")

    assert refused.returncode != 0
    assert "The user name or the password, or the access token, is not right." in refused.stderr


@pytest.mark.shows("oras", "referrers")
def test_what_is_attached_is_discovered_and_leaves_no_tag(relay: Relay, somebody: MakePerson, oras: Oras) -> None:
    owner = somebody()
    artifact = f"{relay.registry}/{owner.username}/described:1.0"
    for name in ("app", "sbom.json", "note.txt"):
        (oras.folder / name).write_text(f"content of {name}")
    oras.log_in(relay.registry, owner.username, owner.token)
    oras("push", PLAIN, artifact, "app")

    oras("attach", PLAIN, "--artifact-type", SBOM, "--annotation", "by=us", artifact, "sbom.json")
    oras("attach", PLAIN, "--artifact-type", NOTE, artifact, "note.txt")
    found = oras.referrers(artifact)
    filtered = oras.referrers(artifact, "--artifact-type", SBOM)

    assert sorted(one["artifactType"] for one in found) == [NOTE, SBOM]
    assert [(one["artifactType"], one["annotations"]["by"]) for one in filtered] == [(SBOM, "us")]
    assert oras.tags(artifact.removesuffix(":1.0")) == ["1.0"]
    assert relay.asked("GET", f"/referrers/{oras('resolve', PLAIN, artifact).stdout.strip()}")


@pytest.mark.shows("oras", "copy by mount", "referrers")
def test_a_copy_takes_the_attached_with_it_and_sends_no_bytes(
    relay: Relay, somebody: MakePerson, oras: Oras, tmp_path: Path
) -> None:
    owner = somebody()
    first, second = (f"{relay.registry}/{owner.username}/{name}:1.0" for name in ("first", "second"))
    (oras.folder / "app").write_bytes(os.urandom(2_000_000))
    (oras.folder / "sbom.json").write_text("{}")
    oras.log_in(relay.registry, owner.username, owner.token)
    oras("push", PLAIN, first, "app")
    oras("attach", PLAIN, "--artifact-type", SBOM, first, "sbom.json")
    relay.forget()

    said = oras.copy(first, second, "--recursive")

    assert "Mounted" in said
    relay.assert_only_mounted(2_000_000)
    assert [one["artifactType"] for one in oras.referrers(second)] == [SBOM]
    oras("pull", PLAIN, "--output", str(tmp_path), second)
    assert (tmp_path / "app").read_bytes() == (oras.folder / "app").read_bytes()


@pytest.mark.shows("oras", "several platforms", "pull")
def test_an_index_goes_there_and_back_byte_for_byte(hub: Hub, somebody: MakePerson, oras: Oras, tmp_path: Path) -> None:
    owner = somebody()
    image = f"{hub.registry}/{owner.username}/multi:1.0"
    layout = layouts.write_index(tmp_path / "in", "amd64", "arm64")
    oras.log_in(hub.registry, owner.username, owner.token)

    oras.push_layout(layout.folder, image)
    oras.pull_layout(image, tmp_path / "out")
    one = oras("manifest", "fetch-config", PLAIN, "--platform", "linux/arm64", image).stdout

    assert layouts.read(tmp_path / "out") == layout.blobs
    assert '"arm64"' in one


@pytest.mark.shows("oras", "list tags")
def test_tags_and_repositories_are_listed(hub: Hub, somebody: MakePerson, oras: Oras) -> None:
    owner = somebody()
    name = f"{hub.registry}/{owner.username}/listed"
    (oras.folder / "app").write_text("app")
    oras.log_in(hub.registry, owner.username, owner.token)
    oras("push", PLAIN, f"{name}:b,a,V1", "app")

    assert oras.tags(name) == ["V1", "a", "b"]
    assert oras("repo", "tags", PLAIN, "--last", "a", name).stdout.split() == ["b"]
    assert f"{owner.username}/listed" in oras("repo", "ls", PLAIN, hub.registry).stdout.split()


@pytest.mark.shows("oras", "delete")
def test_manifests_and_blobs_are_deleted(hub: Hub, somebody: MakePerson, oras: Oras) -> None:
    owner = somebody()
    name = f"{hub.registry}/{owner.username}/deleted"
    (oras.folder / "app").write_text("comes and goes")
    oras.log_in(hub.registry, owner.username, owner.token)
    oras("push", PLAIN, f"{name}:1.0", "app")
    loose = oras("blob", "push", PLAIN, "--descriptor", name, "app").stdout.partition('"digest":"')[2].partition('"')[0]
    digest = oras("resolve", PLAIN, f"{name}:1.0").stdout.strip()

    kept = oras.refusal("blob", "delete", PLAIN, "--force", f"{name}@{loose}")
    oras("manifest", "delete", PLAIN, "--force", f"{name}:1.0")
    oras("blob", "delete", PLAIN, "--force", f"{name}@{loose}")

    assert "405" in kept or "unsupported" in kept.lower()
    assert oras.tags(name) == []
    assert "not found" in oras.refusal("manifest", "fetch", PLAIN, f"{name}@{digest}")
    assert "not found" in oras.refusal("blob", "fetch", PLAIN, "--descriptor", f"{name}@{loose}")


@pytest.mark.shows("oras", "private")
@pytest.mark.parametrize("role", ROLES)
def test_a_private_image_opens_for_its_people_and_for_nobody_else(
    hub: Hub, club: MakeClub, oras: Oras, tmp_path: Path, role: str
) -> None:
    people = club()
    image = f"{hub.registry}/{people.name}/secret:1.0"
    layout = layouts.write(tmp_path / "in", b"only for us")
    oras.log_in(hub.registry, people.owner.username, people.owner.token)
    oras.push_layout(layout.folder, image)
    oras.log_out(hub.registry)
    if person := people.person(role):
        oras.log_in(hub.registry, person.username, person.token)

    done = oras.pull_layout(image, tmp_path / "out", check=False)

    if role in INSIDERS:
        assert done.returncode == 0, done.stderr
        assert layouts.read(tmp_path / "out") == layout.blobs
    else:
        assert done.returncode != 0
        assert is_refusal(done.stderr)
