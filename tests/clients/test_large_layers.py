"""A layer of more than 2 GiB, past what fits a signed 32-bit number, there and back by every client."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests import gotools
from tests.clients import layouts
from tests.clients.cast import MakePerson, Person
from tests.clients.drivers.containers import PLAIN_HTTP, Buildah, Podman, Skopeo
from tests.clients.drivers.programs import Cosign, Crane, Oras, Regctl
from tests.clients.layouts import Layout
from tests.containerd import Containerd
from tests.engine import Engine
from tests.live import Hub
from tests.programs import needs

pytestmark = [pytest.mark.live, pytest.mark.lengthy, pytest.mark.timeout(900)]

SIZE = 2 * 2**30 + 1
WITHIN = 600.0


@pytest.fixture(scope="module")
def heavy() -> Iterator[Layout]:
    """One image for all tests: its layer is not compressed, and cannot be."""
    with tempfile.TemporaryDirectory(prefix="berth-heavy-") as name:
        yield layouts.write_heavy(Path(name, "image"), SIZE)


@pytest.fixture
def out() -> Iterator[Path]:
    """Where a test pulls to; gone after it, because there are many of them."""
    with tempfile.TemporaryDirectory(prefix="berth-heavy-") as name:
        yield Path(name)


@pytest.fixture
def target(hub: Hub, somebody: MakePerson) -> Iterator[Callable[..., str]]:
    """`target(log_in)`: the name of a repository of somebody who is logged in; its bytes are freed after the test."""
    owner = somebody()

    def name(log_in: Callable[[str, str, str], object]) -> str:
        log_in(hub.registry, owner.username, owner.token)
        return f"{hub.registry}/{owner.username}/heavy"

    yield name
    _free(hub, owner)


@pytest.mark.shows("skopeo", "2 GiB layer")
@needs("skopeo")
def test_skopeo(target: Callable[..., str], heavy: Layout, skopeo: Skopeo, out: Path) -> None:
    image = f"{target(skopeo.log_in)}:1.0"

    skopeo("copy", "--preserve-digests", "--dest-tls-verify=false", heavy.source, f"docker://{image}", timeout=WITHIN)
    skopeo(
        "copy", "--preserve-digests", "--src-tls-verify=false", f"docker://{image}", f"oci:{out}:latest", timeout=WITHIN
    )

    _assert_whole(heavy, out)


@pytest.mark.shows("crane", "2 GiB layer")
@gotools.needs("crane")
def test_crane(target: Callable[..., str], heavy: Layout, crane: Crane, out: Path) -> None:
    image = f"{target(crane.log_in)}:1.0"

    crane("push", str(heavy.folder), image, timeout=WITHIN)
    crane.pull(image, out, timeout=WITHIN)

    _assert_whole(heavy, out)


@pytest.mark.shows("oras", "2 GiB layer")
@gotools.needs("oras")
def test_oras(target: Callable[..., str], heavy: Layout, oras: Oras, out: Path) -> None:
    image = f"{target(oras.log_in)}:1.0"

    oras.push_layout(heavy.folder, image, timeout=WITHIN)
    oras.pull_layout(image, out, timeout=WITHIN)

    _assert_whole(heavy, out)


@pytest.mark.shows("regctl", "2 GiB layer")
@gotools.needs("regctl")
def test_regctl(target: Callable[..., str], heavy: Layout, regctl: Regctl, out: Path) -> None:
    image = f"{target(regctl.log_in)}:1.0"

    regctl.push_layout(heavy.folder, image, timeout=WITHIN)
    regctl.pull_layout(image, out, timeout=WITHIN)

    _assert_whole(heavy, out)


@pytest.mark.shows("cosign", "2 GiB layer", note="pulled, with its signature")
@gotools.needs("cosign", "crane")
def test_cosign(target: Callable[..., str], heavy: Layout, cosign: Cosign, crane: Crane, out: Path) -> None:
    name = target(cosign.log_in)
    crane("push", str(heavy.folder), f"{name}:1.0", timeout=WITHIN)
    cosign.make_keys("ours")
    cosign.sign("ours", f"{name}@{heavy.digest}")

    cosign("save", "--dir", str(out), f"{name}@{heavy.digest}", timeout=WITHIN)

    _assert_whole(heavy, out)


@pytest.mark.shows("ctr", "2 GiB layer")
@needs("containerd", "ctr", "setpriv", root=True)
def test_ctr(hub: Hub, somebody: MakePerson, heavy: Layout, containerd: Containerd, out: Path) -> None:
    owner = somebody()
    name = f"{hub.registry}/{owner.username}/heavy"
    containerd.load(layouts.archive(heavy, out / "in.tar"), name)
    (out / "in.tar").unlink()

    containerd.push(f"{name}:latest", f"{owner.username}:{owner.token}")
    containerd.forget_all()
    containerd.pull(f"{name}:latest")

    [layer] = layouts.layers(heavy)
    assert containerd.file_of(layer["digest"]).stat().st_size == layer["size"]
    assert layouts.file_digest(containerd.file_of(layer["digest"])) == layer["digest"]
    containerd.forget_all()
    _free(hub, owner)


@pytest.mark.shows("docker", "2 GiB layer")
@needs("dockerd", "docker", "setpriv", root=True)
def test_docker(target: Callable[..., str], heavy: Layout, engine: Engine) -> None:
    """docker compresses what it pushes, so the blob is another one, and larger still."""
    image = f"{target(engine.log_in)}:1.0"
    [layer] = layouts.layers(heavy)
    engine.docker("import", str(heavy.folder / "blobs" / layer["digest"].replace(":", "/")), image, timeout=WITHIN)
    wanted = engine.image_id(image)

    engine.docker("push", image, timeout=WITHIN)
    engine.forget(image)
    engine.docker("pull", image, timeout=WITHIN)

    assert engine.image_id(image) == wanted
    assert engine.inspect(image)["RootFS"]["Layers"] == [layer["digest"]]
    engine.forget(image)


@pytest.mark.shows("podman", "2 GiB layer")
@needs("podman", root=True)
def test_podman(target: Callable[..., str], heavy: Layout, podman: Podman) -> None:
    image = f"{target(podman.log_in)}:1.0"
    _assert_stored_and_brought_back(podman, heavy, image)


@pytest.mark.shows("buildah", "2 GiB layer")
@needs("buildah", root=True)
def test_buildah(target: Callable[..., str], heavy: Layout, buildah: Buildah) -> None:
    image = f"{target(buildah.log_in)}:1.0"
    _assert_stored_and_brought_back(buildah, heavy, image)


def _assert_stored_and_brought_back(client: Podman | Buildah, heavy: Layout, image: str) -> None:
    """Take the image in from the folder, push it, forget it, pull it. The id is the digest of the configuration."""
    taken = client("pull", "--quiet", heavy.source, timeout=WITHIN).stdout.split()[-1]
    client("tag", taken, image)

    client("push", PLAIN_HTTP, image, timeout=WITHIN)
    client.forget_all()
    client("pull", PLAIN_HTTP, image, timeout=WITHIN)

    assert client.image_id(image).removeprefix("sha256:") == taken
    assert f"sha256:{taken}" in heavy.blobs


def _assert_whole(heavy: Layout, out: Path) -> None:
    """The folder has the layer, the configuration and the manifest under their digests, and they are that."""
    [layer] = layouts.layers(heavy)
    for digest in (layer["digest"], *heavy.blobs):
        assert layouts.file_digest(out / "blobs" / digest.replace(":", "/")) == digest
    assert layer["size"] > 2**31


def _free(hub: Hub, owner: Person) -> None:
    """Delete what was pushed, and free its bytes, so that the disk has room for the next."""
    name = f"{owner.username}/heavy"
    answer = httpx.delete(
        f"{hub.url}/api/v1/repositories/{name}/",
        params={"confirm": name},
        headers={"Authorization": f"Bearer {owner.token}"},
        timeout=60,
    )
    assert answer.status_code == 204, answer.text
    assert "freed" in hub.manage("collect_garbage", "--grace", "0")
