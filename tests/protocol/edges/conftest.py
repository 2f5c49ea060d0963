"""What several files of this package start from."""

from __future__ import annotations

import pytest

from tests.documents import EMPTY
from tests.live import Hub
from tests.protocol.edges.minting import Mint
from tests.registry import Registry


@pytest.fixture
def repository(owner: Registry, public: str) -> str:
    """A public repository that holds the blob EMPTY, which the manifests of `tests.documents` list."""
    owner.push_blob(public, EMPTY)
    return public


@pytest.fixture(scope="session")
def mint(hub: Hub) -> Mint:
    """Signs whatever claims one likes, with the hub's own key."""
    return Mint.of(hub)
