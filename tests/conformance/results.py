"""What the suites write down, read into rows.

Both write a `junit.xml` with one case a check. The rewritten one grades each endpoint and each kind of data as well,
in `results.yaml`: what is switched off has a grade and no case.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from xml.etree import ElementTree

import yaml

ENDPOINTS, DATA = "endpoints", "kinds of data"
#: The parts of the older suite, as its names begin.
CATEGORIES = ("Pull", "Push", "Content Discovery", "Content Management")
_MOST_SAID = 400  # characters of a failure's explanation; the report has it whole


class Grade(StrEnum):
    """How a row ended, worst last."""

    PASS = "pass"
    DISABLED = "disabled"
    SKIP = "skip"
    FAIL = "fail"


#: The words of both suites; any other word is a failure.
_WORDS = {
    "passed": Grade.PASS,
    "skipped": Grade.SKIP,
    "pending": Grade.SKIP,
    "Pass": Grade.PASS,
    "Skip": Grade.SKIP,
    "Disabled": Grade.DISABLED,
}


@dataclass(frozen=True, slots=True)
class Row:
    """One case, or one grade; `said` is what the suite says about a failure."""

    group: str
    name: str
    grade: Grade
    said: str = ""

    def __str__(self) -> str:
        return f"{self.group}: {self.name}"


@dataclass(frozen=True, slots=True)
class Results:
    """All that one run found. `complete` is False when the suite's last part is missing."""

    cases: list[Row]
    grades: list[Row]
    complete: bool

    @property
    def rows(self) -> list[Row]:
        return [*self.cases, *self.grades]


class Unreadable(Exception):
    """A suite left no results, or none that can be read; the message says which file."""


def read_rewritten(folder: Path) -> Results:
    """The results of the rewritten suite. Errors: Unreadable."""
    cases = []
    for name, grade, said in _cases(folder):
        _, group, rest = f"{name}/".split("/", 2)  # "OCI Conformance Test/ping", ".../image/push/blob-post-put"
        cases.append(Row(group, rest.rstrip("/") or group, grade, said))
    grades = _grades(folder, "apis", ENDPOINTS) + _grades(folder, "data", DATA)
    return Results(cases, grades, complete=any(row.group == "invalid-digest-format" for row in cases))


def read_older(folder: Path) -> Results:
    """The results of the older suite. Errors: Unreadable."""
    cases, complete = [], False
    for title, grade, said in _cases(folder):
        if title.startswith("[ReportAfterSuite]"):
            complete = True
            continue
        name = title.removeprefix("[It] ").removeprefix("OCI Distribution Conformance Tests ")
        group = next((category for category in CATEGORIES if name.startswith(f"{category} ")), "Other")
        cases.append(Row(group, name.removeprefix(f"{group} "), grade, said))
    return Results(cases, [], complete)


def _cases(folder: Path) -> Iterator[tuple[str, Grade, str]]:
    """Name, grade and explanation of every case of `junit.xml`."""
    try:
        tree = ElementTree.parse(folder / "junit.xml")
    except (OSError, ElementTree.ParseError) as error:
        raise Unreadable(f"junit.xml: {error}") from error
    for case in tree.iter("testcase"):
        failure = case.find("failure")
        said = case.findtext("system-out", "") if failure is None else failure.get("message", "")
        grade = _WORDS.get(case.get("status", ""), Grade.FAIL)
        yield case.get("name", ""), grade, " ".join(said.split())[:_MOST_SAID]


def _grades(folder: Path, part: str, group: str) -> list[Row]:
    try:
        found = yaml.safe_load((folder / "results.yaml").read_text())[part]
        return [Row(group, name, _WORDS.get(word, Grade.FAIL)) for name, word in sorted(found.items())]
    except (OSError, yaml.YAMLError, LookupError, TypeError, AttributeError) as error:
        raise Unreadable(f"results.yaml: {error}") from error
