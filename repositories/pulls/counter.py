"""Counting pulls without a write for each: a dictionary in every process, written down every few seconds.

The way of a request meets a lock and a dictionary. One thread a process, started with the first pull, writes what has
come together and gives its database connection back; an orderly end of the process writes the rest. A process that is
killed takes the last few seconds with it.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from datetime import date
from multiprocessing.util import Finalize
from uuid import uuid4

from django.conf import settings
from django.db import DatabaseError, connections
from django.db.utils import InterfaceError
from django.utils import timezone

from repositories.pulls import TOGETHER, Pull, ledger
from repositories.pulls.ledger import Batch, Counted, Doubt

log = logging.getLogger(__name__)
#: Keys that one transaction writes.
_BATCH = 1000


class Counter:
    """The pulls of this process that are not written yet."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Start with nothing, under a new name: what a process forked off would write, its parent writes."""
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self._writer, self._number = uuid4().hex, 0
        self._pulls: dict[Counted, int] = {}
        self._touched: dict[tuple[int, int], date] = {}
        self._doubts: list[Doubt] = []
        self._indexes: dict[tuple[str, int], dict[int, float]] = {}
        self._unwritten: Batch | None = None
        self._thread: threading.Thread | None = None

    def note(self, pull: Pull, *, counts: bool = True) -> None:
        """Remember a pull. One that does not count still keeps its manifest from looking unused."""
        today = timezone.now().date()
        key = Counted(pull.repository_id, pull.reference, today)
        with self._lock:
            self._touched[pull.repository_id, pull.manifest_id] = today
            seen = self._indexes.get((pull.who, pull.repository_id), {})
            if pull.is_index:
                self._indexes.setdefault((pull.who, pull.repository_id), {})[pull.manifest_id] = time.monotonic()
            if counts and seen and pull.is_by_digest and not pull.is_index:
                self._doubts.append(Doubt(key, pull.manifest_id, _recent(seen)))
            elif counts:
                self._pulls[key] = self._pulls.get(key, 0) + 1
        if self._thread is None:
            self._start()

    def flush(self) -> None:
        """Write everything down. Errors: those of the database; nothing is lost or counted twice by trying again."""
        with self._writing:
            while batch := self._unwritten or self._take():
                self._unwritten = batch
                ledger.write(batch)
                self._unwritten = None

    def _take(self) -> Batch | None:
        with self._lock:
            self._forget_indexes()
            keys = sorted(self._pulls)[:_BATCH]
            pairs = sorted(self._touched)[:_BATCH]
            doubts, self._doubts = self._doubts[:_BATCH], self._doubts[_BATCH:]
            if not keys and not pairs and not doubts:
                return None
            self._number += 1
            pulls = {key: self._pulls.pop(key) for key in keys}
            touched = {pair: self._touched.pop(pair) for pair in pairs}
        return Batch(self._writer, self._number, pulls, touched, doubts)

    def _forget_indexes(self) -> None:
        for whom, seen in list(self._indexes.items()):
            for index in seen.keys() - _recent(seen):
                del seen[index]
            if not seen:
                del self._indexes[whom]

    def _start(self) -> None:
        every = settings.HUB_PULL_FLUSH.total_seconds()
        with self._lock:
            if self._thread is not None or not every:
                return
            self._thread = threading.Thread(target=self._run, args=[every], name="pulls", daemon=True)
        self._thread.start()
        # Unlike `atexit`, this also runs in a server's worker, which ends without the interpreter's farewell.
        Finalize(None, self._try_to_flush, exitpriority=10)

    def _run(self, every: float) -> None:
        while True:
            time.sleep(every)
            self._try_to_flush()

    def _try_to_flush(self) -> None:
        try:
            self.flush()
        except (DatabaseError, InterfaceError) as error:
            log.warning("the pulls of the last seconds are not written yet: %s", error)
        except Exception:
            log.exception("the pulls of the last seconds are not written yet")
        finally:
            connections.close_all()


def _recent(seen: dict[int, float]) -> frozenset[int]:
    """The indexes to which what they list still belongs."""
    since = time.monotonic() - TOGETHER.total_seconds()
    return frozenset(index for index, at in seen.items() if at >= since)


counter = Counter()
os.register_at_fork(after_in_child=counter.forget)
