"""`make matrix`: the access matrix alone. What is wrong is shown as tables; the last line says how much was asked.

matrix: routes=… rows=… failures=…
"""

from __future__ import annotations

import sys

import pytest


class Tally:
    """Counts what the tests say of themselves, wherever they run."""

    def __init__(self) -> None:
        self.counts = {"routes": 0, "rows": 0, "failures": 0}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        said = {name: value for name, value in report.user_properties if isinstance(value, int)}
        if report.when == "call":
            self.counts["routes"] += said.get("routes", 0)
            self.counts["rows"] += said.get("rows", 0)
        if report.failed:
            self.counts["failures"] += said.get("wrong", 0) or 1


def main(arguments: list[str]) -> int:
    """Runs two files at a time; returns pytest's exit code."""
    tally = Tally()
    code = pytest.main(["-n", "2", "--dist", "loadfile", "--timeout=1200", "tests/matrix", *arguments], [tally])
    print("matrix: " + " ".join(f"{name}={count}" for name, count in tally.counts.items()), flush=True)
    return int(code) or min(tally.counts["failures"], 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
