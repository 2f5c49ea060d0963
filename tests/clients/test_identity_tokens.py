"""`docker login` with a password: the client keeps a token of the hub in the password's place, and works with that."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests import gotools
from tests.clients import layouts
from tests.clients.cast import MakeClub, Person
from tests.clients.drivers.containers import Buildah, Podman, Skopeo
from tests.clients.drivers.programs import PLAIN, Cosign, Crane, Helm, Oras, Regctl
from tests.containerd import Containerd
from tests.engine import Engine
from tests.live import Hub
from tests.programs import needs

pytestmark = [pytest.mark.live, needs("dockerd", "docker", "setpriv", root=True)]

BY_DOCKER = "the one that `docker login` stored"


@pytest.mark.shows("docker", "identity token")
def test_docker_keeps_no_password_and_pushes_and_pulls_with_its_token(hub: Hub, club: MakeClub, engine: Engine) -> None:
    people = club()
    image = f"{hub.registry}/{people.name}/secret:1.0"
    engine.build_quickstart(image, mark=people.name)

    kept = _log_in(engine, hub, people.owner)
    engine.docker("push", image)
    engine.forget(image)
    engine.docker("pull", image)

    assert kept["identitytoken"]
    assert people.owner.password not in base64.b64decode(kept.get("auth", "")).decode()
    engine.docker("logout", hub.registry)
    engine.forget(image)
    assert engine.docker("pull", image, check=False).returncode != 0


def test_an_access_token_is_kept_as_it_is(hub: Hub, club: MakeClub, engine: Engine) -> None:
    """It can be revoked already, and every other program knows it as a password."""
    owner = club().owner

    engine.log_in(hub.registry, owner.username, owner.token)

    kept = _stored(engine, hub)
    assert "identitytoken" not in kept
    assert base64.b64decode(kept["auth"]).decode() == f"{owner.username}:{owner.token}"


def test_a_changed_password_ends_what_docker_keeps(hub: Hub, club: MakeClub, engine: Engine) -> None:
    people = club()
    image = f"{hub.registry}/{people.name}/secret:1.0"
    engine.build_quickstart(image, mark=people.name)
    _log_in(engine, hub, people.owner)
    engine.docker("push", image)

    hub.python(
        "from accounts.adapters import AccountAdapter\n"
        "from accounts.models import User\n"
        f"user = User.objects.get(username={people.owner.username!r})\n"
        "AccountAdapter().set_password(user, 'a-quite-new-pass-phrase')"
    )
    refused = engine.docker("pull", image, check=False)

    assert refused.returncode != 0
    assert "unauthorized" in refused.stderr or "denied" in refused.stderr


@pytest.mark.shows("crane", "identity token", note=BY_DOCKER)
@pytest.mark.shows("oras", "identity token", note=BY_DOCKER)
@pytest.mark.shows("regctl", "identity token", note=BY_DOCKER)
@pytest.mark.shows("skopeo", "identity token", note=BY_DOCKER)
@pytest.mark.shows("ctr", "identity token", note=BY_DOCKER)
@gotools.needs("crane", "oras", "regctl")
@needs("skopeo", "ctr", "containerd", root=True)
def test_other_clients_push_and_pull_with_what_docker_keeps(
    hub: Hub,
    club: MakeClub,
    engine: Engine,
    containerd: Containerd,
    crane: Crane,
    oras: Oras,
    regctl: Regctl,
    skopeo: Skopeo,
    tmp_path: Path,
) -> None:
    people = club()
    name = f"{hub.registry}/{people.name}/shared"
    layout = layouts.write(tmp_path / "in", os.urandom(1000))
    kept = _log_in(engine, hub, people.owner)
    _share(engine, crane.folder)

    crane("push", str(layout.folder), f"{name}:crane")
    oras.push_layout(layout.folder, f"{name}:oras")
    regctl.meet(hub.registry)
    regctl.push_layout(layout.folder, f"{name}:regctl")
    skopeo.copy_in(layout.source, f"{name}:skopeo")
    containerd.ctr("image", "pull", "--plain-http", "--refresh", kept["identitytoken"], f"{name}:skopeo")

    assert skopeo.listed_tags(name) == ["crane", "oras", "regctl", "skopeo"]
    crane.pull(f"{name}:oras", tmp_path / "crane")
    oras.pull_layout(f"{name}:crane", tmp_path / "oras")
    regctl.pull_layout(f"{name}:skopeo", tmp_path / "regctl")
    skopeo.copy_out(f"{name}:regctl", tmp_path / "skopeo")
    assert all(layouts.read(tmp_path / one) == layout.blobs for one in ("crane", "oras", "regctl", "skopeo"))


@pytest.mark.lengthy
@pytest.mark.shows("podman", "identity token", note=BY_DOCKER)
@pytest.mark.shows("buildah", "identity token", note=BY_DOCKER)
@pytest.mark.shows("cosign", "identity token", note=BY_DOCKER)
@pytest.mark.shows("helm", "identity token", note=BY_DOCKER)
@gotools.needs("cosign", "helm", "crane")
@needs("podman", "buildah", root=True)
def test_still_others_work_with_what_docker_keeps(
    hub: Hub,
    club: MakeClub,
    engine: Engine,
    podman: Podman,
    buildah: Buildah,
    cosign: Cosign,
    crane: Crane,
    helm: Helm,
    tmp_path: Path,
) -> None:
    people = club()
    name = f"{hub.registry}/{people.name}/sail"
    layout = layouts.write(tmp_path / "in", os.urandom(1000))
    _log_in(engine, hub, people.owner)
    _share(engine, crane.folder)
    crane("push", str(layout.folder), f"{name}:crane")
    cosign.make_keys("ours")

    podman.pull(f"{name}:crane")
    podman("tag", f"{name}:crane", f"{name}:podman")
    podman.push(f"{name}:podman")
    buildah.pull(f"{name}:podman")
    cosign.sign("ours", f"{name}@{layout.digest}")
    helm("push", PLAIN, str(helm.package("sail", "0.1.0")), f"oci://{hub.registry}/{people.name}")

    assert crane.tags(name) == ["0.1.0", "crane", "podman"]
    assert cosign.verify("ours", f"{name}:crane").returncode == 0
    helm.pull(name, tmp_path / "out", "--version", "0.1.0")


def _log_in(engine: Engine, hub: Hub, person: Person) -> dict[str, Any]:
    """Log in with the password; what docker stored."""
    done = engine.log_in(hub.registry, person.username, person.password)
    assert "Login Succeeded" in done.stdout, done.stderr
    return _stored(engine, hub)


def _stored(engine: Engine, hub: Hub) -> dict[str, Any]:
    config = json.loads((engine.folder / "client" / "config.json").read_text())
    found: dict[str, Any] = config["auths"][hub.registry]
    return found


def _share(engine: Engine, folder: Path) -> None:
    """Give the other clients docker's own file."""
    config = (engine.folder / "client" / "config.json").read_text()
    (folder / ".docker").mkdir()
    for file in (folder / ".docker" / "config.json", folder / "auth.json"):
        file.write_text(config)
