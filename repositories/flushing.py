"""When a commit reaches the disk. Everything that is answered with 201 waits for it; bookkeeping need not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def deferred() -> Iterator[None]:
    """A transaction whose commit does not wait for the disk: after a power cut it may be gone, whole."""
    if connection.in_atomic_block:
        yield
        return
    sqlite = connection.vendor == "sqlite"
    try:
        if sqlite:
            _execute("PRAGMA synchronous=NORMAL")
        with transaction.atomic():
            if not sqlite:
                _execute("SET LOCAL synchronous_commit=off")
            yield
    finally:
        if sqlite:
            _execute("PRAGMA synchronous=FULL")


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
