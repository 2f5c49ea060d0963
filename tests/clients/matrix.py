"""`make clients`: drive every client against live hubs, then write docs/clients.md out of what passed.

A test says by ``@pytest.mark.shows("crane", "push")`` what it proves; ``note=`` adds a footnote, and ``absent=`` says
that the client does not do it, and what happens instead. The last line is

clients: passed=… failed=… skipped=… seconds=…
"""

from __future__ import annotations

import os
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field

import pytest

from tests import gotools
from tests.clients.page import CLIENTS, Cell, holes, page

PAGE = gotools.ROOT / "docs" / "clients.md"
NEEDED = ("crane", "oras", "regctl", "cosign", "helm", "distribution")


@dataclass(eq=False)
class Outcomes:
    """A plugin of pytest that remembers what each test would show, and how it ended."""

    shown: dict[str, list[tuple[str, str, Cell]]] = field(default_factory=dict)
    passed: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    skipped: set[str] = field(default_factory=set)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            self.shown[item.nodeid] = [
                (mark.args[0], capability, _cell(mark))
                for mark in item.iter_markers("shows")
                for capability in mark.args[1:]
            ]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.add(report.nodeid)
        elif report.skipped:
            self.skipped.add(report.nodeid)
        elif report.when == "call":
            self.passed.add(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.failed.add(report.nodeid)

    def cells(self) -> dict[tuple[str, str], Cell]:
        """What all tests of a client and a capability have shown; nothing where one did not pass.

        Errors: AssertionError when they contradict each other.
        """
        found: dict[tuple[str, str], set[Cell]] = defaultdict(set)
        unproved: set[tuple[str, str]] = set()
        for nodeid, shown in self.shown.items():
            for client, capability, cell in shown:
                found[client, capability].add(cell)
                if nodeid not in self.passed - self.failed:
                    unproved.add((client, capability))
        return {pair: _only(pair, cells) for pair, cells in found.items() if pair not in unproved}


def _cell(mark: pytest.Mark) -> Cell:
    absent = mark.kwargs.get("absent", "")
    return Cell("no", absent) if absent else Cell("yes", mark.kwargs.get("note", ""))


def _only(pair: tuple[str, str], cells: set[Cell]) -> Cell:
    assert len(cells) == 1, f"The tests of {pair} show different things: {sorted(cells)}"
    return next(iter(cells))


def main() -> int:
    began, outcomes = time.monotonic(), Outcomes()
    gotools.main(list(NEEDED))
    status = pytest.main(["tests/clients", "--durations=15"], plugins=[outcomes])
    whole = status == pytest.ExitCode.OK and not outcomes.skipped
    wrong = holes(outcomes.cells()) if whole else []
    for line in wrong:
        print(line)
    if whole and not wrong:
        PAGE.write_text(page(outcomes.cells()))
    else:
        print("docs/clients.md is left as it is: not everything in it was proved by this run.")
    failed = len(outcomes.failed) + len(wrong) or int(status != pytest.ExitCode.OK)
    facts = f"passed={len(outcomes.passed - outcomes.failed)} failed={failed}"
    facts += f" skipped={len(outcomes.skipped)} clients={len(CLIENTS)} seconds={time.monotonic() - began:.0f}"
    print(f"clients: {facts}", flush=True)
    excused = bool(outcomes.skipped) and os.environ.get("CI") != "true"
    return 0 if not failed and (whole or excused) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        os._exit(130)
