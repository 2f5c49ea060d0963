"""What the tests of real clients share: a live hub, fresh people on it, an engine, and the clients themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.cast import Club, MakeClub, MakePerson, Person
from tests.clients.drivers import Buildah, Podman, Skopeo
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
def somebody(hub: Hub) -> MakePerson:
    """`somebody()`: a person that no other test knows."""
    waiting: list[Person] = []

    def make() -> Person:
        if not waiting:
            made = json.loads(hub.python(f"from tests.clients import crowd; crowd.somebody({BATCH})"))
            waiting.extend(Person(**facts) for facts in made)
        return waiting.pop()

    return make


@pytest.fixture(scope="session")
def club(hub: Hub) -> MakeClub:
    """`club()`: an organization that no other test knows."""
    waiting: list[Club] = []

    def make() -> Club:
        if not waiting:
            made = json.loads(hub.python(f"from tests.clients import crowd; crowd.clubs({BATCH // 2})"))
            waiting.extend(_club(**facts) for facts in made)
        return waiting.pop()

    return make


def _club(name: str, **people: dict[str, str]) -> Club:
    return Club(name, **{role: Person(**facts) for role, facts in people.items()})


@pytest.fixture
def skopeo(tmp_path: Path) -> Skopeo:
    return Skopeo(_home(tmp_path, "skopeo"))


@pytest.fixture
def podman(tmp_path: Path) -> Podman:
    return Podman(_home(tmp_path, "podman"))


@pytest.fixture
def buildah(tmp_path: Path) -> Buildah:
    return Buildah(_home(tmp_path, "buildah"))


def _home(folder: Path, name: str) -> Path:
    """A client's own folder; it must find its file of credentials, if only an empty one."""
    home = folder / name
    home.mkdir()
    (home / "auth.json").write_text("{}")
    return home
