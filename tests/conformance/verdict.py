"""What stands against a run, its table, and the line at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tests.conformance.results import Grade, Results, Row

COLUMNS = (Grade.PASS, Grade.FAIL, Grade.SKIP, Grade.DISABLED)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One run and what it found; `findings` stand against it, one sentence each."""

    title: str
    results: Results
    findings: list[str]

    @property
    def passed(self) -> int:
        """Cases that passed; a grade repeats what cases found."""
        return _count(self.results.cases)[Grade.PASS]

    @property
    def skips(self) -> int:
        counts = _count(self.results.rows)
        return counts[Grade.SKIP] + counts[Grade.DISABLED]


def judge(title: str, results: Results, code: int, excused: Mapping[str, str]) -> Outcome:
    """Find what stands against a run that ended with this exit code: failures, what did not pass without being
    excused, what is excused and passes, and an early end."""
    findings = []
    if not results.complete:
        findings.append("The suite did not run to its end.")
    failed = [row for row in results.rows if row.grade is Grade.FAIL]
    findings += [f"FAIL {row} {row.said}".rstrip() for row in failed]
    if code and not failed:
        findings.append(f"The suite ended with exit code {code}, and nothing in its results says why.")
    waiting = set(excused)  # each excuses one row
    for row in results.rows:
        if row.grade in {Grade.SKIP, Grade.DISABLED}:
            if str(row) not in waiting:
                findings.append(f"{row.grade.upper()} {row} is not excused.")
            waiting.discard(str(row))
    findings += [f"{name} is excused, and did not need to be." for name in sorted(waiting)]
    return Outcome(title, results, findings)


def unreadable(title: str, reason: str) -> Outcome:
    """A run that left nothing to judge."""
    return Outcome(title, Results([], [], complete=False), [f"The suite did not run to its end: {reason}"])


def table(results: Results) -> list[tuple[str, ...]]:
    """Heading, one line a group, and the sum of the cases; then the grades, which are no cases."""
    lines = [("group", *COLUMNS), *_by_group(results.cases), ("all", *_cells(results.cases))]
    return [*lines, *_by_group(results.grades)]


def conclude(outcomes: Sequence[Outcome]) -> int:
    """Print what stands against the runs and the last line; returns the exit code."""
    findings = [f"{outcome.title}: {finding}" for outcome in outcomes for finding in outcome.findings]
    for finding in findings:
        print(finding)
    print(last_line(outcomes))
    return 1 if findings else 0


def last_line(outcomes: Sequence[Outcome]) -> str:
    """The target's last line. Everything that stands against a run is a failure."""
    failures = sum(len(outcome.findings) for outcome in outcomes)
    skips, passed = sum(outcome.skips for outcome in outcomes), sum(outcome.passed for outcome in outcomes)
    return f"conformance: failures={failures} skips={skips} passed={passed} runs={len(outcomes)}"


def _by_group(rows: Iterable[Row]) -> list[tuple[str, ...]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.group, []).append(row)
    return [(group, *_cells(members)) for group, members in groups.items()]


def _cells(rows: Iterable[Row]) -> list[str]:
    counts = _count(rows)
    return [str(counts[column]) for column in COLUMNS]


def _count(rows: Iterable[Row]) -> Counter[Grade]:
    return Counter(row.grade for row in rows)
