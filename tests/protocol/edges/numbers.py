"""Which cases have a test, and which are written down."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
CASES = range(1, 129)
#: Cases that take more than one function, and why.
SEVERAL = {
    118: "two limits answer 429, each on its own",
}
_TEST = re.compile(r"^def (test_case_(\d{3})_\w+)\(", re.MULTILINE)
_ROW = re.compile(r"^\| (\d+) \|", re.MULTILINE)


def tests() -> dict[int, list[str]]:
    """The names of the test functions of each case."""
    found: dict[int, list[str]] = {}
    for file in sorted(Path(__file__).parent.glob("test_*.py")):
        for name, number in _TEST.findall(file.read_text()):
            found.setdefault(int(number), []).append(name)
    return found


def documented() -> list[int]:
    """The numbers of the rows of docs/edge-cases.md, in their order."""
    return [int(number) for number in _ROW.findall((ROOT / "docs/edge-cases.md").read_text())]
