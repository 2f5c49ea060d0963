"""`make faults MINUTES=60`: a quarter of the time on each pair of a database and a storage; writes docs/reliability.md.

faults: tried=… violations=… seed=…
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests import objectstores, servers
from tests.faults import campaign, report
from tests.faults.campaign import Outcome
from tests.live import ROOT


def main(arguments: list[str]) -> int:
    """Returns 1 when something was lost, leaked or miscounted."""
    wanted = argparse.ArgumentParser(prog="faults")
    wanted.add_argument("--minutes", type=float, default=10.0)
    wanted.add_argument("--seed", type=int, default=int(time.time()))
    asked = wanted.parse_args(arguments)
    outcomes = list(everywhere(asked.minutes / 4, asked.seed))
    violations = [f"{outcome.place}: {outcome.violation}" for outcome in outcomes if outcome.violation]
    if not violations:
        (ROOT / "docs/reliability.md").write_text(report.page(outcomes, asked.minutes))
    tried = sum(outcome.tried.total() for outcome in outcomes)
    print(*violations, sep="\n")
    print(f"faults: tried={tried} violations={len(violations)} seed={asked.seed}", flush=True)
    return 1 if violations else 0


def everywhere(minutes: float, seed: int) -> Iterator[Outcome]:
    """So long on each pair of a database and a storage."""
    with servers.postgresql() as database, objectstores.versitygw() as store:
        for name, url in (("SQLite", ""), ("PostgreSQL", database)):
            with environment({"DATABASE_URL": url}):
                yield campaign.run(f"{name}, files", minutes=minutes, seed=seed, on_files=True)
                with environment(store.settings("faults")):
                    yield campaign.run(f"{name}, S3 (versitygw)", minutes=minutes, seed=seed, on_files=False)


@contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """What hubs that are started now find in their environment."""
    before = {name: os.environ.get(name, "") for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.update(before)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
