"""`python -m tests.conformance [--write]`: run, print three tables, decide. Exit code 69: Go is missing.

Without ``--write`` docs/conformance.md must say what came out; with it the page is written, unless something failed.
The suites' reports, with every request and answer, stay in a temporary folder when something failed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests import gotools
from tests.conformance import paper, verdict
from tests.conformance.excused import EXCUSED
from tests.conformance.results import Unreadable
from tests.conformance.runs import RUNS, Run
from tests.conformance.verdict import Outcome
from tests.live import Hub, running


def main(options: list[str]) -> int:
    if shutil.which("go") is None and os.environ.get("CI") != "true":
        print("missing: go", file=sys.stderr)
        return os.EX_UNAVAILABLE
    folder = Path(tempfile.mkdtemp(prefix="berth-conformance-"))
    try:
        outcomes = _run_all(folder)
    except AssertionError as error:  # a suite was not built, or the hub did not start
        print(error)
        outcomes = [verdict.unreadable(run.title, "it was not started.") for run in RUNS]
    if not any(outcome.findings for outcome in outcomes):
        shutil.rmtree(folder)
        outcomes[-1].findings.extend(paper.settle(outcomes, write="--write" in options))
    else:
        print(f"reports: {folder}")
    return verdict.conclude(outcomes)


def _run_all(folder: Path) -> list[Outcome]:
    for run in RUNS:
        gotools.program(run.program)
    with running() as hub:
        outcomes = [_run(run, hub, folder / f"run-{number}") for number, run in enumerate(RUNS, 1)]
        (folder / "server.log").write_text(hub.log)
    return outcomes


def _run(run: Run, hub: Hub, folder: Path) -> Outcome:
    folder.mkdir()
    try:
        results, code = run.execute(hub, folder)
    except (Unreadable, subprocess.TimeoutExpired) as error:
        return verdict.unreadable(run.title, str(error))
    outcome = verdict.judge(run.title, results, code, EXCUSED[run.title])
    print(f"── {run.title}", flush=True)
    for name, *cells in verdict.table(results):
        print(f"{name:<26}" + "".join(f"{cell:>10}" for cell in cells), flush=True)
    return outcome


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
