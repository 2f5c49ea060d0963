"""The Docker engine against a running hub: log in, push, pull, mount, and be refused with words that help."""

from __future__ import annotations

import re

import pytest

from tests.clients.cast import MakeClub, MakePerson
from tests.clients.relay import Relay
from tests.engine import Engine
from tests.live import Hub
from tests.programs import needs

pytestmark = [pytest.mark.live, needs("dockerd", "docker", "setpriv", root=True)]


@pytest.mark.shows("docker", "log in", "push", "pull")
def test_push_creates_the_repository_and_pull_brings_the_identical_image(
    hub: Hub, somebody: MakePerson, engine: Engine
) -> None:
    owner = somebody()
    image = f"{hub.registry}/{owner.username}/docker-quickstart:1.0"
    built = engine.build_quickstart(image, mark=owner.username)
    assert engine.log_in(hub.registry, owner.username, owner.token).returncode == 0

    pushed = _digest(engine.docker("push", image).stdout)
    engine.docker("logout", hub.registry)
    engine.forget(image)
    assert not engine.has(image)
    pulled = _digest(engine.docker("pull", image).stdout)

    assert pulled == pushed
    assert engine.image_id(image) == built
    assert engine.inspect(image)["RepoDigests"] == [f"{image.removesuffix(':1.0')}@{pushed}"]


def test_pushing_again_moves_no_layer_and_keeps_the_digest(hub: Hub, somebody: MakePerson, engine: Engine) -> None:
    owner = somebody()
    image = f"{hub.registry}/{owner.username}/twice:1.0"
    engine.build_quickstart(image, mark=owner.username)
    engine.log_in(hub.registry, owner.username, owner.token)
    first = engine.docker("push", image).stdout

    second = engine.docker("push", image).stdout

    assert second.count("Layer already exists") == 3
    assert _digest(second) == _digest(first)


@pytest.mark.shows("docker", "copy by mount")
def test_a_shared_layer_is_mounted_from_the_first_repository(
    relay: Relay, somebody: MakePerson, engine: Engine
) -> None:
    owner = somebody()
    first, second = (f"{relay.registry}/{owner.username}/{name}:1.0" for name in ("first", "second"))
    engine.build_quickstart(first, mark=owner.username)
    engine.docker("tag", first, second)
    engine.log_in(relay.registry, owner.username, owner.token)
    engine.docker("push", first)
    relay.forget()

    said = engine.docker("push", second).stdout

    assert said.count(f"Mounted from {owner.username}/first") == 3
    relay.assert_only_mounted(200_000)


@pytest.mark.shows("docker", "several platforms")
def test_an_index_is_made_from_pushed_images_and_the_platform_asked_for_is_pulled(
    hub: Hub, somebody: MakePerson, engine: Engine
) -> None:
    owner = somebody()
    name = f"{hub.registry}/{owner.username}/multi"
    engine.log_in(hub.registry, owner.username, owner.token)
    for platform in ("amd64", "arm64"):
        engine.build_quickstart(f"{name}:{platform}", mark=platform)
        engine.docker("push", f"{name}:{platform}")
    insecure = ("--insecure", f"{name}:all")

    engine.docker("manifest", "create", *insecure, f"{name}:amd64", f"{name}:arm64")
    engine.docker("manifest", "annotate", f"{name}:all", f"{name}:arm64", "--arch", "arm64")
    engine.docker("manifest", "push", *insecure)
    wanted = engine.image_id(f"{name}:arm64")
    engine.forget(f"{name}:amd64", f"{name}:arm64")
    engine.docker("pull", "--platform", "linux/arm64", f"{name}:all")

    assert engine.image_id(f"{name}:all") == wanted


def test_the_password_logs_in_as_well_as_a_token(hub: Hub, somebody: MakePerson, engine: Engine) -> None:
    person = somebody()

    done = engine.log_in(hub.registry, person.username, person.password)

    assert "Login Succeeded" in done.stdout


@pytest.mark.shows("docker", "log in")
@pytest.mark.parametrize("wrong", ["not-the-password", "berth_pat_" + "0" * 49])
def test_wrong_credentials_are_refused_at_login(hub: Hub, somebody: MakePerson, engine: Engine, wrong: str) -> None:
    person = somebody()

    refused = engine.log_in(hub.registry, person.username, wrong)

    assert refused.returncode != 0
    assert "unauthorized" in refused.stderr
    assert "Login Succeeded" not in refused.stdout


def test_a_reader_pulls_and_cannot_push(hub: Hub, somebody: MakePerson, engine: Engine) -> None:
    owner, reader = somebody(), somebody()
    image = f"{hub.registry}/{owner.username}/readable:1.0"
    engine.build_quickstart(image, mark=owner.username)
    engine.log_in(hub.registry, owner.username, owner.token)
    engine.docker("push", image)
    engine.log_in(hub.registry, reader.username, reader.token)

    engine.docker("pull", image)
    refused = engine.docker("push", image, check=False)

    assert refused.returncode != 0
    assert "denied" in refused.stderr


@pytest.mark.shows("docker", "private")
def test_a_private_image_is_for_members_only(hub: Hub, club: MakeClub, engine: Engine) -> None:
    people = club()
    image = f"{hub.registry}/{people.name}/secret:1.0"
    built = engine.build_quickstart(image, mark=people.name)
    engine.log_in(hub.registry, people.owner.username, people.owner.token)
    engine.docker("push", image)
    engine.forget(image)
    engine.docker("logout", hub.registry)

    anonymous = engine.docker("pull", image, check=False)
    engine.log_in(hub.registry, people.outsider.username, people.outsider.token)
    outsider = engine.docker("pull", image, check=False)
    engine.log_in(hub.registry, people.member.username, people.member.token)
    engine.docker("pull", image)

    assert "denied" in anonymous.stderr or "unauthorized" in anonymous.stderr
    assert "denied" in outsider.stderr or "unauthorized" in outsider.stderr
    assert engine.image_id(image) == built


def test_the_second_private_repository_is_refused_with_the_rule_and_the_usage(
    hub: Hub, club: MakeClub, engine: Engine
) -> None:
    people = club()
    first, second = (f"{hub.registry}/{people.name}/{name}:1.0" for name in ("first", "second"))
    engine.build_quickstart(first, mark=people.name)
    engine.docker("tag", first, second)
    engine.log_in(hub.registry, people.owner.username, people.owner.token)
    engine.docker("push", first)

    refused = engine.docker("push", second, check=False)

    assert refused.returncode != 0
    assert f"allows 1 private repository, and {people.name} uses 1" in refused.stderr


def _digest(said: str) -> str:
    """The digest that docker prints after a push or a pull."""
    found = re.search(r"digest: (sha256:[0-9a-f]{64})", said, re.IGNORECASE)
    assert found, said
    return found[1]
