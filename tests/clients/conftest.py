"""What the tests of real clients share: a live hub, fresh people on it, an engine, and the clients themselves."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.cast import Club, MakeClub, MakePerson, Person, make_clubs, make_people
from tests.clients.drivers.containers import Buildah, Podman, Skopeo
from tests.clients.drivers.programs import Cosign, Crane, Helm, Oras, Regctl
from tests.clients.relay import Relay, relayed
from tests.containerd import Containerd, private_containerd
from tests.engine import Engine, private_engine
from tests.live import Hub, hub

__all__ = ["hub"]

#: How many people one look into the hub's database makes; starting Django costs more than a person.
BATCH = 12


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """One Docker engine for all tests; use image names that no other test uses."""
    with private_engine() as started:
        yield started


@pytest.fixture(scope="session")
def containerd() -> Iterator[Containerd]:
    """One containerd for all tests; use image names that no other test uses."""
    with private_containerd() as started:
        yield started


@pytest.fixture
def relay(hub: Hub) -> Iterator[Relay]:
    """The hub behind a relay that counts, writes down, and can cut."""
    with relayed(hub) as started:
        yield started


@pytest.fixture(scope="session")
def somebody(hub: Hub) -> MakePerson:
    """`somebody()`: a person that no other test knows."""
    waiting: list[Person] = []

    def make() -> Person:
        if not waiting:
            waiting.extend(make_people(hub, BATCH))
        return waiting.pop()

    return make


@pytest.fixture(scope="session")
def club(hub: Hub) -> MakeClub:
    """`club()`: an organization that no other test knows."""
    waiting: list[Club] = []

    def make() -> Club:
        if not waiting:
            waiting.extend(make_clubs(hub, BATCH // 2))
        return waiting.pop()

    return make


@pytest.fixture
def home() -> Iterator[Path]:
    """A short path, because podman counts its characters; the file of credentials must be there, if only empty."""
    with tempfile.TemporaryDirectory(prefix="berth-") as name:
        home = Path(name)
        (home / "auth.json").write_text("{}")
        yield home


@pytest.fixture
def skopeo(home: Path) -> Skopeo:
    return Skopeo(home)


@pytest.fixture
def podman(home: Path) -> Podman:
    return Podman(home)


@pytest.fixture
def buildah(home: Path) -> Buildah:
    return Buildah(home)


@pytest.fixture
def crane(home: Path) -> Crane:
    return Crane(home)


@pytest.fixture
def oras(home: Path) -> Oras:
    return Oras(home)


@pytest.fixture
def regctl(home: Path) -> Regctl:
    return Regctl(home)


@pytest.fixture
def cosign(home: Path) -> Cosign:
    return Cosign(home)


@pytest.fixture
def helm(home: Path) -> Helm:
    return Helm(home)
