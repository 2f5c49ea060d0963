"""Asks the hub what the table says, and keeps what is not so."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tests.matrix import answers, cases
from tests.matrix.cases import Case
from tests.matrix.expected import Expectations
from tests.matrix.inside import Answer, Asked
from tests.matrix.places import CANARY, HIDDEN, REPOSITORIES
from tests.matrix.table import Row
from tests.matrix.world import World

Send = Callable[[Asked], Answer]
#: How many wrong answers are shown; the others are counted.
SHOWN = 60
WIDEST = 90


@dataclass
class Findings:
    """How many answers were looked at, and those that were wrong."""

    rows: int = 0
    wrong: list[tuple[str, ...]] = field(default_factory=list)

    def note(self, case: Case, wanted: str, got: str) -> None:
        shown = (case.shown.person.name, case.shown.credential.name, case.repository or "-")
        self.wrong.append((f"{case.method} {case.row.address}", *shown, wanted, got))

    def report(self) -> str:
        """The wrong answers as a table."""
        head = ("address", "person", "credential", "repository", "expected", "got")
        lines = [head, *(tuple(cell[:WIDEST] for cell in line) for line in self.wrong[:SHOWN])]
        widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
        text = ["  ".join(map(str.ljust, line, widths)).rstrip() for line in lines]
        more = len(self.wrong) - SHOWN
        return "\n".join(
            [f"{len(self.wrong)} of {self.rows} answers are wrong", *text, f"… and {more} more" * (more > 0)]
        )


class Walk:
    """A walk through the table, with the hub at the other end."""

    def __init__(self, world: World, expectations: Expectations, send: Send) -> None:
        self.world, self.expectations, self.send = world, expectations, send
        self.findings = Findings()

    def rows(self, rows: Iterable[Row]) -> Findings:
        """Everything that these rows promise."""
        return self.cases(case for row in rows for case in cases.of_row(self.expectations.table, row))

    def cases(self, asked: Iterable[Case]) -> Findings:
        """Each of them; and that nobody tells apart what is not there for them: private, absent, deleted."""
        alike: dict[tuple[object, ...], tuple[str, dict[str, object]]] = {}
        for case in asked:
            answer = self.ask(case)
            if case.repository in HIDDEN and not self.sees(case, case.repository):
                who = (case.row, case.method, case.shown.person.name, case.shown.credential.name)
                found = answers.seen(case, answer)
                first, other = alike.setdefault(who, (case.repository, found))
                for part in [part for part in found if found[part] != other[part]]:
                    self.findings.note(case, f"as {first}, {part} {other[part]}", f"{found[part]}")
        return self.findings

    def ask(self, case: Case) -> Answer:
        """One request; its answer is compared with the table's."""
        return self.check(case, self.expectations.answer(case.row, case.shown, case.repository))

    def check(self, case: Case, expected: str) -> Answer:
        """One request; its answer is compared with the expected one."""
        asked = cases.asked(self.world, case)
        answer = self.send(asked)
        self.findings.rows += 1
        promise, lists, namespace = expected.partition(" lists")
        wanted = answers.without_body(case, cases.filled(promise, cases.words(self.world, case)))
        got = answers.described(case, asked, answer)
        if got != wanted:
            self.findings.note(case, wanted, got)
        elif lists and case.method == "GET":
            self._check_list(case, namespace.strip(), answer)
        if not case.row.shows_names and not self.sees(case, "secret") and CANARY in str(answers.seen(case, answer)):
            self.findings.note(case, "nothing of what is private", f"{CANARY} is in the answer")
        return answer

    def sees(self, case: Case, repository: str) -> bool:
        """Whether a repository is there for whoever asks, or could be made by them."""
        return self.expectations.reach(case.shown, case.row.door, repository).level > 0

    def _check_list(self, case: Case, namespace: str, answer: Answer) -> None:
        """A list shows what is there for whoever asks, and nothing else."""
        reach = {key: self.expectations.reach(case.shown, case.row.door, key) for key in REPOSITORIES}
        inside = [key for key, name in REPOSITORIES.items() if name.startswith(namespace)]
        wanted = [key for key in inside if reach[key].level > 0 and not reach[key].free]
        got = [key for key in inside if REPOSITORIES[key].encode() in answer.body]
        if got != wanted:
            self.findings.note(case, f"lists {wanted}", f"lists {got}")
