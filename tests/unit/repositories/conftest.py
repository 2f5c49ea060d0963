"""Every test of content has a storage folder of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from pytest_django.fixtures import Settings

from accounts.models import Namespace, User
from repositories.access import Access
from tests.make import content
from tests.unit.repositories import builders, permissions

#: The same examples in every run, however slow the machine is.
hypothesis.settings.register_profile("content", deadline=None, derandomize=True)
hypothesis.settings.load_profile("content")


@pytest.fixture(autouse=True)
def storage(settings: Settings, tmp_path: Path) -> Path:
    """The folder that the store keeps its objects in."""
    settings.HUB_STORAGE_URL = f"file://{tmp_path / 'blobs'}"
    return tmp_path / "blobs"


@pytest.fixture
def access(owner: User) -> Access:
    """The owner's access to the empty public repository `owner-person/app`."""
    return content.repository(owner, "app")


@pytest.fixture
def audited(db: None, storage: Path) -> Iterator[None]:
    """Afterwards rows, files and counters must agree."""
    yield
    builders.audit()


@pytest.fixture
def club(organization: Namespace) -> Namespace:
    """The organization, with room for any number of private repositories."""
    permissions.roomy(organization)
    return organization
