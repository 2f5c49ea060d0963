"""The audit: rows, stored objects and counters must tell one story, while people push and pull.

It looks and tells; with `repair` it also does what is safe whatever happened: an object without a row goes to the
trash, a blob without its object is marked so that a push heals it, a counter is counted anew.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from repositories import damage
from repositories.models import Blob
from repositories.upkeep import counters, objects, references
from repositories.upkeep.findings import Finding, Task

log = logging.getLogger(__name__)

#: Findings of one kind that are told in full; all are counted.
_TOLD = 1000

_Look = Callable[[Task], Iterator[Finding]]


@dataclass(slots=True)
class Report:
    """What was looked at, by noun, and what was found, by kind."""

    seen: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    repaired: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not self.counts

    def note(self, finding: Finding) -> None:
        self.counts[finding.kind] += 1
        self.repaired += finding.repaired
        if self.counts[finding.kind] <= _TOLD:
            self.findings.append(finding)

    def facts(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "clean": self.is_clean,
            "seen": dict(self.seen),
            "counts": dict(self.counts),
            "repaired": self.repaired,
            "findings": [{"kind": found.kind, **found.facts, "repaired": found.repaired} for found in self.findings],
        }


def audit(*, repair: bool = False) -> Report:
    """All of it. Errors: StorageUnavailable, also when there are blobs and the store holds nothing at all."""
    if some := Blob.objects.first():
        damage.require_store(some)
    looks = [
        objects.strays,
        objects.blobs,
        objects.manifests,
        objects.owners,
        references.dangling,
        counters.charges,
        counters.usage,
    ]
    return _run(looks, Task(repair=repair))


def reconcile() -> Report:
    """The counters only, set right; each difference is logged as an error, because there must be none."""
    report = _run([counters.charges, counters.usage], Task(repair=True))
    for found in report.findings:
        log.error("%s was wrong and is set right: %s", found.facts["counter"], found.facts)
    return report


def _run(looks: Sequence[_Look], task: Task) -> Report:
    report = Report(seen=task.seen)
    with _unhurried():
        for look in looks:
            for finding in look(task):
                report.note(finding)
    return report


@contextmanager
def _unhurried() -> Iterator[None]:
    """Counting what a large namespace holds may take longer than a request may."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET statement_timeout")
