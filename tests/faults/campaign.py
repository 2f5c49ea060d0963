"""Trial after trial on one hub, until the time is up or something was lost."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from tests.faults import trials
from tests.faults.scene import scene
from tests.faults.trials import Trial


@dataclass
class Outcome:
    """`tried`: trials by what was done to the hub; `slowest`: seconds until the hub answered again."""

    place: str
    seed: int
    tried: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    slowest: float = 0.0
    violation: str = ""


def run(place: str, *, minutes: float, seed: int, on_files: bool) -> Outcome:
    """On the database that DATABASE_URL names and the storage that HUB_STORAGE_URL does; `place` says it for people."""
    outcome = Outcome(place, seed)
    with tempfile.TemporaryDirectory(prefix="berth-faults-") as folder, scene(Path(folder)) as stage:
        deadline = time.monotonic() + minutes * 60
        for trial in without_end(seed, on_files=on_files):
            if time.monotonic() > deadline:
                break
            outcome.tried[trial.act] += 1
            try:
                trials.attempt(stage, trial)
            except AssertionError as error:
                outcome.violation = f"{trial}: {error}"
                break
        outcome.requests, outcome.slowest = stage.record.requests, stage.slowest
    return outcome


def without_end(seed: int, *, on_files: bool) -> Iterator[Trial]:
    """The points, then as many kills at random moments; again with the next seed."""
    for number in count(seed):
        deliberate = list(trials.points(number, on_files=on_files))
        yield from deliberate
        for moment in range(len(deliberate)):
            yield Trial(None, number * 1000 + moment)
