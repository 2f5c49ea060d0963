"""docs/conformance.md: what was run and what came out, and nothing that differs from one good run to the next."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests import gotools
from tests.conformance import verdict
from tests.conformance.excused import EXCUSED
from tests.conformance.runs import RUNS, Run
from tests.conformance.verdict import Outcome
from tests.live import ROOT

NAME = "docs/conformance.md"
PAPER = ROOT / NAME
_OPENING = """\
# Conformance

    make conformance

builds the two official conformance suites of the OCI distribution specification from the versions in
`requirements/go.txt`, starts a hub, runs them against it, and writes this page. `make test` runs them too, on SQLite
and on PostgreSQL, and fails when a check fails, when one that is not listed at the end is skipped, when one that is
listed passes, and when this page says anything else than what came out.

"""
_BETWEEN = """\
The rewritten suite is the one on the specification's main branch. All its switches are on but one, in both versions,
so that version 1.1 is asked for what only version dev asks for by itself; the two differ in who signs in, and in what
is pushed to. The older suite is that of the 1.1 line, as of November 2023. Release 1.1.1 has a few more checks of
referrers, and lets a blob be gone that is deleted after its manifest; this one wants that to be accepted.

Each run pushes to two repositories that its first push creates.
"""
_GRADED = "The last two lines are the grades that the suite gives in the light of all its checks."


def render(outcomes: Sequence[Outcome]) -> str:
    """The page for these outcomes."""
    parts = [_OPENING, *_lines(_what_is_run()), "\n", _BETWEEN]
    parts += [_settings(run) for run in RUNS]
    parts += [_result(outcome) for outcome in outcomes]
    parts += ["\n## What cannot pass\n\n", *_lines(_excuses())]
    parts.append(f"\nAll three runs: `{verdict.last_line(outcomes)}`.\n")
    return "".join(parts)


def settle(outcomes: Sequence[Outcome], *, write: bool, place: Path = PAPER) -> list[str]:
    """Write the page, or compare it; returns what stands against it."""
    page = render(outcomes)
    if write:
        place.write_text(page)
    if not place.is_file() or place.read_text() != page:
        return [f"{NAME} says something else; `make conformance` writes it anew."]
    return []


def _what_is_run() -> list[tuple[str, ...]]:
    heading = ("run", "suite", "signs in with, pushes to")
    return [heading, *((run.title, f"`{_version(run)}`", run.account.description) for run in RUNS)]


def _version(run: Run) -> str:
    tool = gotools.pinned()[run.program]
    return f"{tool.package}@{tool.version}"


def _settings(run: Run) -> str:
    return f"\n{run.title}:\n\n" + "".join(f"    {name}={value}\n" for name, value in run.settings.items())


def _result(outcome: Outcome) -> str:
    note = f"{_GRADED}\n\n" if outcome.results.grades else ""
    return f"\n## {outcome.title}\n\n{note}" + "".join(_lines(verdict.table(outcome.results)))


def _excuses() -> list[tuple[str, ...]]:
    rows = [(title, name, reason) for title, reasons in EXCUSED.items() for name, reason in reasons.items()]
    return [("run", "row", "why"), *rows]


def _lines(table: Sequence[Sequence[str]]) -> list[str]:
    """A table of Markdown."""
    lines = [f"| {' | '.join(cells)} |\n" for cells in table]
    return [lines[0], "|---" * len(table[0]) + "|\n", *lines[1:]]
