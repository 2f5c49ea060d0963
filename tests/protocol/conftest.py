"""The cast as clients of the live hub, and names that no other test uses."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.live import Hub
from tests.registry import Registry


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/protocol" in item.path.as_posix():
            item.add_marker(pytest.mark.live)


def as_person(hub: Hub, role: str) -> Registry:
    return Registry(hub.url, hub.people[role].credentials)


@pytest.fixture
def owner(hub: Hub) -> Registry:
    """Owns the personal namespace `olga` and the organization `harbour`."""
    return as_person(hub, "owner")


@pytest.fixture
def writer(hub: Hub) -> Registry:
    """May push to and pull from every repository of `harbour`, and not delete."""
    return as_person(hub, "writer")


@pytest.fixture
def reader(hub: Hub) -> Registry:
    """May pull from every repository of `harbour`."""
    return as_person(hub, "reader")


@pytest.fixture
def outsider(hub: Hub) -> Registry:
    """Somebody with an account and no right in `harbour` or `olga`."""
    return as_person(hub, "outsider")


@pytest.fixture
def anonymous(hub: Hub) -> Registry:
    """Nobody."""
    return Registry(hub.url)


@pytest.fixture
def public(hub: Hub) -> str:
    """The name of a repository that is public from its first push on; not made yet."""
    return f"{hub.people['owner'].username}/public-{uuid4().hex[:12]}"


@pytest.fixture
def private(hub: Hub) -> str:
    """The name of a repository that is private from its first push on; not made yet."""
    return f"{hub.organization}/secret-{uuid4().hex[:12]}"
