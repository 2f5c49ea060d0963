"""Races: several threads that start together, each with its own connection to the database."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar, cast

from django.db import connection

T = TypeVar("T")


def together(acts: Sequence[Callable[[], object]]) -> list[object]:
    """Run the acts at the same time; returns what each returned, or the exception that it raised, in their order."""
    barrier = threading.Barrier(len(acts))
    outcomes: list[object] = [None] * len(acts)

    def run(place: int, act: Callable[[], object]) -> None:
        try:
            barrier.wait(timeout=30)
            outcomes[place] = act()
        except Exception as error:
            outcomes[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads), "a thread hangs"
    return outcomes


def all_together(acts: Sequence[Callable[[], T]]) -> list[T]:
    """As :func:`together`, where nothing may fail: raises the first exception."""
    outcomes = together(acts)
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome
    return cast(list[T], outcomes)
