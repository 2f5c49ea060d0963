"""A pull whose connection is cut in the middle of a layer: some clients go on where it broke, the others give up and
bring the whole image when they are run again. The relay cuts once, and writes down what was asked after that.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import gotools
from tests.clients import layouts
from tests.clients.cast import MakePerson
from tests.clients.drivers.containers import Buildah, Podman, Skopeo
from tests.clients.drivers.programs import Cosign, Crane, Oras, Regctl
from tests.clients.layouts import Layout
from tests.clients.relay import Relay
from tests.containerd import Containerd
from tests.engine import Engine
from tests.live import Hub
from tests.programs import needs

pytestmark = [pytest.mark.live, needs("skopeo")]

SIZE, CUT = 6 * 2**20, 2 * 2**20
ANEW = "gives up; run again, it asks for the whole layer"

#: What a test pulls: the image behind the relay, its name without tag there, and the digest of its layer.
Cut = tuple[Layout, str, str]


@pytest.fixture
def cut(hub: Hub, relay: Relay, somebody: MakePerson, skopeo: Skopeo, tmp_path: Path) -> Cut:
    """An image of one layer; the first answer with the layer will be cut."""
    owner = somebody()
    layout = layouts.write(tmp_path / "in", os.urandom(SIZE))
    skopeo.log_in(hub.registry, owner.username, owner.token)
    skopeo.copy_in(layout.source, f"{hub.registry}/{owner.username}/cut:latest")
    [layer] = layouts.layers(layout)
    relay.cut(f"/blobs/{layer['digest']}", after=CUT)
    return layout, f"{relay.registry}/{owner.username}/cut", layer["digest"]


@pytest.mark.shows("docker", "resume")
@needs("dockerd", "docker", "setpriv", root=True)
def test_docker_goes_on_where_the_connection_broke(cut: Cut, relay: Relay, engine: Engine) -> None:
    layout, name, layer = cut

    engine.docker("pull", f"{name}:latest")

    _assert_resumed(relay, layer)
    assert engine.inspect(f"{name}:latest")["RepoDigests"] == [f"{name}@{layout.digest}"]


@pytest.mark.shows("ctr", "resume")
@needs("containerd", "ctr", "setpriv", root=True)
def test_ctr_goes_on_where_the_connection_broke(cut: Cut, relay: Relay, containerd: Containerd, tmp_path: Path) -> None:
    layout, name, layer = cut

    containerd.pull(f"{name}:latest")
    _assert_resumed(relay, layer)

    containerd.save(f"{name}:latest", tmp_path / "out.tar")
    assert layouts.read(layouts.unpack(tmp_path / "out.tar", tmp_path / "out")) == layout.blobs


@pytest.mark.shows("regctl", "resume")
@gotools.needs("regctl")
def test_regctl_goes_on_where_the_connection_broke(cut: Cut, relay: Relay, regctl: Regctl, tmp_path: Path) -> None:
    layout, name, layer = cut
    regctl.meet(relay.registry)

    regctl.pull_layout(f"{name}:latest", tmp_path / "out")

    _assert_resumed(relay, layer)
    assert layouts.read(tmp_path / "out") == layout.blobs


@pytest.mark.shows("skopeo", "resume", absent=ANEW)
def test_skopeo_brings_the_whole_image_when_it_is_run_again(
    cut: Cut, relay: Relay, skopeo: Skopeo, tmp_path: Path
) -> None:
    layout, name, layer = cut

    _assert_starts_over(
        relay, layer, lambda check: skopeo.copy_out(f"{name}:latest", tmp_path / "out", check=check).returncode
    )

    assert layouts.read(tmp_path / "out") == layout.blobs


@pytest.mark.lengthy
@pytest.mark.shows("podman", "resume", absent=ANEW)
@needs("podman", root=True)
def test_podman_brings_the_whole_image_when_it_is_run_again(cut: Cut, relay: Relay, podman: Podman) -> None:
    layout, name, layer = cut

    _assert_starts_over(relay, layer, lambda check: podman.pull(f"{name}:latest", check=check).returncode)

    assert podman.digest(f"{name}:latest") == layout.digest


@pytest.mark.lengthy
@pytest.mark.shows("buildah", "resume", absent=ANEW)
@needs("buildah", root=True)
def test_buildah_brings_the_whole_image_when_it_is_run_again(cut: Cut, relay: Relay, buildah: Buildah) -> None:
    layout, name, layer = cut

    _assert_starts_over(relay, layer, lambda check: buildah.pull(f"{name}:latest", check=check).returncode)

    assert f"sha256:{buildah.image_id(f'{name}:latest').removeprefix('sha256:')}" in layout.blobs


@pytest.mark.lengthy
@pytest.mark.shows("crane", "resume", absent=ANEW)
@gotools.needs("crane")
def test_crane_brings_the_whole_image_when_it_is_run_again(
    cut: Cut, relay: Relay, crane: Crane, tmp_path: Path
) -> None:
    layout, name, layer = cut

    _assert_starts_over(
        relay, layer, lambda check: crane.pull(f"{name}:latest", tmp_path / "out", check=check).returncode
    )

    assert layouts.read(tmp_path / "out") == layout.blobs


@pytest.mark.lengthy
@pytest.mark.shows("oras", "resume", absent=ANEW)
@gotools.needs("oras")
def test_oras_brings_the_whole_image_when_it_is_run_again(cut: Cut, relay: Relay, oras: Oras, tmp_path: Path) -> None:
    layout, name, layer = cut

    _assert_starts_over(
        relay, layer, lambda check: oras.pull_layout(f"{name}:latest", tmp_path / "out", check=check).returncode
    )

    assert layouts.read(tmp_path / "out") == layout.blobs


@pytest.mark.lengthy
@pytest.mark.shows("cosign", "resume", absent=ANEW)
@gotools.needs("cosign")
def test_cosign_brings_the_whole_image_when_it_is_run_again(
    cut: Cut, relay: Relay, cosign: Cosign, tmp_path: Path
) -> None:
    layout, name, layer = cut
    saving = ("save", "--dir", str(tmp_path / "out"), f"{name}@{layout.digest}")

    _assert_starts_over(relay, layer, lambda check: cosign(*saving, check=check).returncode)

    assert layout.blobs.items() <= layouts.read(tmp_path / "out").items()


def _assert_resumed(relay: Relay, layer: str) -> None:
    """The layer was asked for once whole and once from about where it was cut; the answer's head counts too."""
    first, second = relay.asked("GET", f"/blobs/{layer}")
    assert relay.cuts_made == 1
    assert "range" not in first.headers
    start = int(second.headers["range"].removeprefix("bytes=").partition("-")[0])
    assert CUT - 64 * 2**10 <= start < CUT


def _assert_starts_over(relay: Relay, layer: str, pull: Callable[[bool], int]) -> None:
    """The first run fails, the second succeeds, and neither asks for a part."""
    assert pull(False) != 0
    assert relay.cuts_made == 1

    assert pull(True) == 0

    assert ["range" in request.headers for request in relay.asked("GET", f"/blobs/{layer}")] == [False, False]
