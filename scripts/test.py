"""`make check` and `make test`: every step runs, whatever the one before said; one line at the end says it all.

Before it come the last lines of the steps: of pytest, of the conformance suites, of the access matrix.

check: steps=… failed=…
test: steps=… failed=… passed=… skipped=… coverage=… seconds=…
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
#: Percent of lines and branches that the tests must reach.
FLOOR = 85
#: tests.servers says with this code that PostgreSQL or Redis is not installed, tests.conformance that Go is not.
NOT_INSTALLED = os.EX_UNAVAILABLE

STATIC = {
    "ruff check": ["ruff", "check", "--quiet"],
    "ruff format": ["ruff", "format", "--check", "--quiet"],
    "templates": ["djlint", "templates", "--lint", "--quiet"],
    "types": ["mypy", "--no-error-summary", "."],
    "layers": ["lint-imports", "--no-logo"],
    "migrations": ["python", "manage.py", "makemigrations", "--check", "--dry-run"],
}
#: Tests inside one process run two files at a time; what starts engines, browsers and the hub itself runs alone.
INSIDE = ["-n", "2", "--dist", "loadfile", "tests/unit", "tests/web", "tests/api"]
#: Two tests at a time, each with a hub of its own beside it.
PROTOCOL = ["-n", "2", "--dist", "worksteal", "tests/protocol", "tests/faults"]
#: What asks a store and hardly the database: once is enough.
STORES = ["--ignore=tests/unit/repositories/storage", "--ignore-glob=tests/protocol/test_object_store*"]
#: Tests that ask no database.
ANYWHERE = ["tests/house", "tests/conformance", "tests/mutants"]
#: What is lengthy is left to `make clients`.
OUTSIDE = ["-m", "not lengthy", "tests/clients", "tests/browser", "tests/run"]
BESIDE_SERVERS = ["python", "-m", "tests.servers", "--", str(BIN / "python"), "-m"]
SUITES = {
    "rules, pages and REST on SQLite": [
        *("python", "-m", "pytest", "--durations=5", "--cov", "--cov-report="),
        *(*INSIDE, *ANYWHERE),
    ],
    "access matrix on SQLite": ["python", "-m", "tests.matrix"],
    "protocol and faults on SQLite": ["python", "-m", "pytest", "--durations=5", *PROTOCOL],
    "clients, browser and programs on SQLite": ["python", "-m", "pytest", "--durations=5", *OUTSIDE],
    "conformance on SQLite": ["python", "-m", "tests.conformance"],
    "rules, pages and REST on PostgreSQL and Redis": [*BESIDE_SERVERS, "pytest", *INSIDE, *STORES],
    "access matrix on PostgreSQL and Redis": [*BESIDE_SERVERS, "tests.matrix"],
    "protocol and faults on PostgreSQL and Redis": [*BESIDE_SERVERS, "pytest", *PROTOCOL, *STORES],
    "conformance on PostgreSQL and Redis": [*BESIDE_SERVERS, "tests.conformance"],
}
#: The last line of pytest, and of a command that counts otherwise.
SUMMARY = re.compile(r"=+ .*(passed|failed|error|no tests ran).* =+|(conformance|matrix): .*")


@dataclass
class Outcome:
    """What has happened so far."""

    failed: list[str] = field(default_factory=list)
    summaries: list[str] = field(default_factory=list)
    steps: int = 0

    def count(self, word: str) -> int:
        return sum(int(number) for line in self.summaries for number in re.findall(rf"(\d+) {word}", line))


def run(name: str, command: list[str], outcome: Outcome) -> int:
    """Runs one step with a data folder of its own, its output passed on as it comes."""
    print(f"── {name}", flush=True)
    outcome.steps += 1
    with tempfile.TemporaryDirectory(prefix="berth-tests-") as data:
        own = {"DJANGO_SETTINGS_MODULE": "tests.settings", "HUB_DATA_DIR": data, "PYTHONUNBUFFERED": "1"}
        tool = [str(BIN / command[0]), *command[1:]]
        with subprocess.Popen(tool, cwd=ROOT, env=os.environ | own, stdout=subprocess.PIPE, text=True) as process:
            for line in process.stdout or ():
                print(line, end="", flush=True)
                if SUMMARY.fullmatch(line.strip()):
                    outcome.summaries.append(line.strip())
    if process.returncode:
        outcome.failed.append(name)
    return process.returncode


def check(outcome: Outcome) -> None:
    for name, command in STATIC.items():
        run(name, command, outcome)


def tests(outcome: Outcome) -> None:
    for name, command in SUITES.items():
        if run(name, command, outcome) == NOT_INSTALLED and os.environ.get("CI") != "true":
            print(f"skipped: {name}, because of what is missing", flush=True)
            outcome.failed.pop()


def coverage(outcome: Outcome) -> str:
    """The percentage that the run on SQLite reached."""
    run("coverage", ["coverage", "report", "--skip-covered", f"--fail-under={FLOOR}"], outcome)
    total = subprocess.run([BIN / "coverage", "report", "--format=total"], cwd=ROOT, capture_output=True, text=True)  # noqa: PLW1510
    return total.stdout.strip() or "0"


def main(goal: str) -> int:
    began, outcome = time.monotonic(), Outcome()
    check(outcome)
    facts = ""
    if goal == "test":
        tests(outcome)
        percent = coverage(outcome)
        print(*outcome.summaries, sep="\n")
        facts = f" passed={outcome.count('passed')} skipped={outcome.count('skipped')} coverage={percent}%"
        facts += f" seconds={time.monotonic() - began:.0f}"
    if outcome.failed:
        print("failed: " + ", ".join(outcome.failed))
    print(f"{goal}: steps={outcome.steps} failed={len(outcome.failed)}{facts}", flush=True)
    return 1 if outcome.failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1]))
    except KeyboardInterrupt:
        os._exit(130)
