"""Pulls in one process: the counter starts empty, and is written when a test says so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from repositories.pulls.counter import counter


@pytest.fixture(autouse=True)
def own_counter() -> Iterator[None]:
    """What other tests pulled is not counted here."""
    counter.forget()
    yield
    counter.forget()
