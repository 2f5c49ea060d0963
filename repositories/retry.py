"""Run a transaction again when it lost a race that the database decided."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db import IntegrityError, OperationalError, connection, transaction

T = TypeVar("T")
_TRIES = 3


class LostRace(Exception):
    """What the transaction had found was gone when it came to use it."""


def on_conflict(attempt: Callable[[], T]) -> T:
    """`attempt` in a transaction of its own, up to three times when it lost a race, when a unique or foreign key
    refused it, or when PostgreSQL chose it to break a deadlock. The last refusal is raised."""
    for left in reversed(range(_TRIES)):
        try:
            with transaction.atomic():
                return attempt()
        except (IntegrityError, OperationalError, LostRace) as error:
            deadlock = getattr(error.__cause__, "sqlstate", "") in {"40P01", "40001"}
            retryable = not isinstance(error, OperationalError) or deadlock
            if not left or not retryable or connection.in_atomic_block:
                raise
    raise AssertionError("unreachable")
