"""regctl against a running hub: copies with referrers and digest tags, pages of tags, blobs, deletion, refusals."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests import gotools
from tests.clients import layouts
from tests.clients.cast import INSIDERS, ROLES, MakeClub, MakePerson, is_refusal
from tests.clients.drivers.programs import Regctl
from tests.clients.relay import Relay
from tests.live import Hub, running
from tests.registry import Registry, expect

pytestmark = [pytest.mark.live, gotools.needs("regctl")]

SBOM = "application/vnd.example.sbom"


@pytest.mark.shows("regctl", "log in", "push", "pull")
def test_an_image_comes_back_byte_for_byte(hub: Hub, somebody: MakePerson, regctl: Regctl, tmp_path: Path) -> None:
    owner = somebody()
    image = f"{hub.registry}/{owner.username}/from-regctl:1.0"
    layout = layouts.write(tmp_path / "in", b"first " * 1000, os.urandom(200_000))
    assert regctl.log_in(hub.registry, owner.username, owner.token).returncode == 0

    regctl.push_layout(layout.folder, image)
    regctl.log_out(hub.registry)
    regctl.pull_layout(image, tmp_path / "out")

    assert layouts.read(tmp_path / "out") == layout.blobs
    assert regctl.digest(image) == layout.digest


@pytest.mark.shows("regctl", "log in")
def test_a_wrong_password_is_refused_at_login(hub: Hub, somebody: MakePerson, regctl: Regctl) -> None:
    refused = regctl.log_in(hub.registry, somebody().username, "not-the-password")

    assert refused.returncode != 0
    assert "unauthorized" in refused.stderr


@pytest.mark.shows("regctl", "copy by mount", "referrers")
def test_a_copy_takes_referrers_and_digest_tags_with_it_and_sends_no_bytes(
    relay: Relay, somebody: MakePerson, regctl: Regctl, tmp_path: Path
) -> None:
    owner = somebody()
    first, second = (f"{relay.registry}/{owner.username}/{name}" for name in ("first", "second"))
    layout = layouts.write(tmp_path / "in", os.urandom(2_000_000))
    regctl.log_in(relay.registry, owner.username, owner.token)
    regctl.push_layout(layout.folder, f"{first}:1.0")
    regctl("artifact", "put", "--artifact-type", SBOM, "--subject", f"{first}:1.0", input="{}")
    signature = f"{layout.digest.replace(':', '-')}.sig"
    regctl("artifact", "put", "--artifact-type", "application/vnd.example.old", f"{first}:{signature}", input="old")
    relay.forget()

    regctl("image", "copy", "--referrers", "--digest-tags", f"{first}:1.0", f"{second}:1.0")

    relay.assert_only_mounted(2_000_000)
    assert [one["artifactType"] for one in regctl.referrers(f"{second}:1.0")] == [SBOM]
    assert regctl.tags(second) == ["1.0", signature]
    regctl.pull_layout(f"{second}:1.0", tmp_path / "out")
    assert layouts.read(tmp_path / "out") == layout.blobs


@pytest.mark.shows("regctl", "referrers")
def test_artifacts_are_listed_as_a_tree_and_come_back(
    relay: Relay, somebody: MakePerson, regctl: Regctl, tmp_path: Path
) -> None:
    owner = somebody()
    image = f"{relay.registry}/{owner.username}/described:1.0"
    layout = layouts.write(tmp_path / "in", b"described")
    regctl.log_in(relay.registry, owner.username, owner.token)
    regctl.push_layout(layout.folder, image)

    regctl("artifact", "put", "--artifact-type", SBOM, "--subject", image, input='{"made": "of"}')
    tree = regctl("artifact", "tree", image).stdout
    got = regctl("artifact", "get", "--subject", image, "--filter-artifact-type", SBOM).stdout

    [artifact] = regctl.referrers(image)
    assert f"{artifact['digest']}: {SBOM}" in tree
    assert got == '{"made": "of"}'
    assert regctl.tags(image.removesuffix(":1.0")) == ["1.0"]
    assert relay.asked("GET", f"/referrers/{layout.digest}")


@pytest.mark.shows("regctl", "several platforms")
def test_an_index_is_copied_whole_and_one_is_made_in_the_registry(
    hub: Hub, somebody: MakePerson, regctl: Regctl, tmp_path: Path
) -> None:
    owner = somebody()
    name = f"{hub.registry}/{owner.username}/multi"
    layout = layouts.write_index(tmp_path / "in", "amd64", "arm64")
    regctl.log_in(hub.registry, owner.username, owner.token)

    regctl.push_layout(layout.folder, f"{name}:1.0")
    arm = regctl("manifest", "head", "--platform", "linux/arm64", f"{name}:1.0").stdout.strip()
    regctl("index", "create", "--ref", f"{name}:1.0", "--platform", "linux/arm64", f"{name}:arm")
    regctl.pull_layout(f"{name}:1.0", tmp_path / "out")

    assert layouts.read(tmp_path / "out") == layout.blobs
    assert arm in regctl("manifest", "get", "--format", "raw-body", f"{name}:arm").stdout


@pytest.mark.shows("regctl", "list tags")
def test_tags_are_listed_a_page_at_a_time(hub: Hub, somebody: MakePerson, regctl: Regctl, tmp_path: Path) -> None:
    owner = somebody()
    name = f"{hub.registry}/{owner.username}/listed"
    layout = layouts.write(tmp_path / "in", b"one")
    regctl.log_in(hub.registry, owner.username, owner.token)
    for tag in ("b", "a", "V1"):
        regctl.push_layout(layout.folder, f"{name}:{tag}")

    assert regctl.tags(name) == ["V1", "a", "b"]
    assert regctl.tags(name, "--limit", "2") == ["V1", "a"]
    assert regctl.tags(name, "--limit", "2", "--last", "a") == ["b"]
    assert f"{owner.username}/listed" in regctl("repo", "ls", hub.registry).stdout.split()


@pytest.mark.shows("regctl", "delete")
def test_tags_manifests_and_blobs_are_deleted(hub: Hub, somebody: MakePerson, regctl: Regctl, tmp_path: Path) -> None:
    owner = somebody()
    name = f"{hub.registry}/{owner.username}/deleted"
    layout = layouts.write(tmp_path / "in", b"comes and goes")
    regctl.log_in(hub.registry, owner.username, owner.token)
    for tag in ("1.0", "2.0"):
        regctl.push_layout(layout.folder, f"{name}:{tag}")
    blob = regctl("blob", "put", name, input="alone").stdout.strip()

    regctl("tag", "rm", f"{name}:1.0")
    assert regctl.tags(name) == ["2.0"]
    assert regctl.digest(f"{name}:2.0") == layout.digest
    assert regctl("blob", "get", name, blob).stdout == "alone"
    regctl("blob", "delete", name, blob)
    regctl("manifest", "delete", f"{name}@{layout.digest}")

    assert "not found" in regctl.refusal("blob", "head", name, blob)
    assert regctl.tags(name) == []
    assert "not found" in regctl.refusal("manifest", "head", f"{name}:2.0")


@pytest.mark.shows("regctl", "private")
@pytest.mark.parametrize("role", ROLES)
def test_a_private_image_opens_for_its_people_and_for_nobody_else(
    hub: Hub, club: MakeClub, regctl: Regctl, tmp_path: Path, role: str
) -> None:
    people = club()
    image = f"{hub.registry}/{people.name}/secret:1.0"
    layout = layouts.write(tmp_path / "in", b"only for us")
    regctl.log_in(hub.registry, people.owner.username, people.owner.token)
    regctl.push_layout(layout.folder, image)
    regctl.log_out(hub.registry)
    if person := people.person(role):
        regctl.log_in(hub.registry, person.username, person.token)

    done = regctl.pull_layout(image, tmp_path / "out", check=False)

    if role in INSIDERS:
        assert done.returncode == 0, done.stderr
        assert layouts.read(tmp_path / "out") == layout.blobs
    else:
        assert done.returncode != 0
        assert is_refusal(done.stderr)


def test_the_limit_of_pulls_is_read_and_waited_for(regctl: Regctl, tmp_path: Path) -> None:
    """Asking for the limit costs nothing; beyond it regctl comes back when Retry-After says so."""
    with running(HUB_PULL_LIMIT_ANONYMOUS="2", HUB_PULL_WINDOW="1h") as hub:
        Registry(hub.url, hub.people["owner"].credentials).push_image("olga/app", "1.0")
        regctl.meet(hub.registry)
        image = f"{hub.registry}/olga/app:1.0"
        assert [regctl.limit(image), regctl.limit(image)] == [(2, 2), (2, 2)]
        regctl.pull_layout(image, tmp_path / "out")
        assert regctl.limit(image) == (2, 1)
        regctl("manifest", "get", image)
        assert regctl.limit(image) == (2, 0)
        expect(Registry(hub.url).get("/v2/olga/app/manifests/1.0"), 429)
        hub.python(
            "from datetime import timedelta\nfrom accounts.models import RateWindow\n"
            "from django.utils import timezone\n"
            "RateWindow.objects.update(ends_at=timezone.now() + timedelta(seconds=3))"
        )
        regctl("manifest", "get", image)
        assert regctl.limit(image) == (2, 1)
