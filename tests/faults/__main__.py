"""`make faults MINUTES=60`: half of the time on SQLite, half on PostgreSQL; writes docs/reliability.md.

faults: tried=… violations=… seed=…
"""

from __future__ import annotations

import argparse
import os
import sys
import time

from tests import servers
from tests.faults import campaign, report
from tests.live import ROOT


def main(arguments: list[str]) -> int:
    """Returns 1 when something was lost, leaked or miscounted."""
    wanted = argparse.ArgumentParser(prog="faults")
    wanted.add_argument("--minutes", type=float, default=10.0)
    wanted.add_argument("--seed", type=int, default=int(time.time()))
    asked = wanted.parse_args(arguments)
    half = asked.minutes / 2
    os.environ.pop("DATABASE_URL", None)
    outcomes = [campaign.run("SQLite", minutes=half, seed=asked.seed)]
    with servers.postgresql() as url:
        os.environ["DATABASE_URL"] = url
        outcomes.append(campaign.run("PostgreSQL", minutes=half, seed=asked.seed))
    violations = [outcome.violation for outcome in outcomes if outcome.violation]
    if not violations:
        (ROOT / "docs/reliability.md").write_text(report.page(outcomes, asked.minutes))
    tried = sum(outcome.tried.total() for outcome in outcomes)
    print(*violations, sep="\n")
    print(f"faults: tried={tried} violations={len(violations)} seed={asked.seed}", flush=True)
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
