"""Two transactions on PostgreSQL, one of which waits for the other: the moment that a race is about, held still."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection, transaction

_PATIENCE = 20.0  # seconds
_WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND wait_event_type = 'Lock'
"""


@contextmanager
def underway(before: Callable[[], object], after: Callable[[], object] = lambda: None) -> Iterator[None]:
    """Another transaction has done `before` and holds its locks; once somebody waits for them it does `after` and
    commits. Leaving the block waits for that end."""
    holding, failures = threading.Event(), list[BaseException]()

    def run() -> None:
        try:
            with transaction.atomic():
                before()
                holding.set()
                _until_somebody_waits()
                after()
        except BaseException as error:
            failures.append(error)
        finally:
            holding.set()
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    assert holding.wait(_PATIENCE)
    try:
        yield
    finally:
        thread.join(_PATIENCE)
    assert not failures, failures
    assert not thread.is_alive()


def _until_somebody_waits() -> None:
    deadline = time.monotonic() + _PATIENCE
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute(_WAITING)
            if cursor.fetchone()[0]:
                return
    raise AssertionError("nobody waits for the locks: this is not the race it is meant to be")
