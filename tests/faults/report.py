"""docs/reliability.md: what was done to the hub, and what was lost."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from datetime import UTC, datetime

from tests.faults.campaign import Outcome

#: What the trials call it, and what it is.
ACTS = {
    "kill": "`kill -9` of the web server or the collector at a failpoint",
    "at random": "`kill -9` of the web server at a random moment",
    "ENOSPC": "disk full",
    "EIO": "input/output error",
    "EROFS": "file system read-only",
    "lost": "the database committed, its reply was lost",
    "cut": "the database's connection went in the middle of a transaction",
}
HEAD = """# Reliability

What is answered with 201 survives: this page says how that is tried, and what came out. It is written by
`make faults`; `make test` tries every failpoint once on both databases.

A client pushes in pieces and at once, mounts, moves and deletes tags, manifests and blobs. In the middle of it
something happens to the hub, at one of the named points of `repositories/failpoints.py` or at any moment. The client
writes down outside the hub what was acknowledged. When the hub is back,

- every manifest that was acknowledged and not deleted is pulled with all of its blobs, each compared byte for byte;
- every deleted manifest is still away; every tag points where its last acknowledged move said, or where a request
  without an answer may have put it;
- rows and files tell the same story: every object belongs to one row, every reference leads somewhere, every counter
  equals its recount;
- a collection without any grace changes nothing of that, and leaves no file that no row names;
- the hub answers again within ten seconds, without a hand.

Failpoints do nothing in a running hub: what happens at them is code of the tests, which only the tests' own settings
put in. What an object store may do wrong, `tests/protocol/test_object_store_faults.py` tries. A power cut that loses
what was not synced, a restart of PostgreSQL, a Redis that goes and clocks that jump are not tried yet.
"""


def page(outcomes: Sequence[Outcome], minutes: float) -> str:
    """The whole page."""
    head = ["what was done", *(outcome.place for outcome in outcomes)]
    rows = [[said, *(str(outcome.tried[act]) for outcome in outcomes)] for act, said in ACTS.items()]
    sums: list[tuple[str, list[object]]] = [
        ("**faults tried**", [outcome.tried.total() for outcome in outcomes]),
        ("**violations**", [int(bool(outcome.violation)) for outcome in outcomes]),
        ("requests of the client", [outcome.requests for outcome in outcomes]),
        ("slowest recovery", [f"{outcome.slowest:.1f} s" for outcome in outcomes]),
        ("seed", [outcome.seed for outcome in outcomes]),
    ]
    rows += [[name, *map(str, values)] for name, values in sums]
    lines = [f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows]]
    when = f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {minutes:g} minutes."
    return "\n".join([HEAD, when, "", *lines, ""])
