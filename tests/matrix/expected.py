"""What the table expects: a row, a person with a credential, a repository in; an answer in its words out.

This is the table's grammar, not the hub's: it knows levels, cuts and the order of refusals, and nothing of grants,
teams, scopes in tokens, or how the hub decides anything.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from tests.matrix.table import (
    LEVELS,
    PAGES,
    REFRESH,
    REGISTRY,
    REST,
    RIGHTS,
    TOKEN,
    Credential,
    Person,
    Row,
    Slip,
    Table,
)

ACTIONS = ("pull", "push", "delete")
SCOPES = ("repo:public_read", "repo:read", "repo:write", "repo:admin")


@dataclass(frozen=True)
class Shown:
    """Somebody, and what they show."""

    person: Person
    credential: Credential

    def standing(self, door: str) -> str:
        """What it counts for at a door: `holds`, `nothing`, `refused` or `ended`."""
        found = self.credential.standing[door]
        if found != "holds" or not self.person.has_ended:
            return found
        if self.credential.sent_as == "cookie":
            return "nothing"
        return "ended" if door == REGISTRY else "refused"


@dataclass(frozen=True)
class Reach:
    """How far somebody comes in a repository: a level as a number, 0 for “not there”; `free`: nothing is there yet."""

    level: int
    free: bool


class Expectations:
    """The table, asked."""

    def __init__(self, table: Table) -> None:
        self.table = table

    def reach(self, shown: Shown, door: str, repository: str) -> Reach:
        standing = shown.standing(door)
        if standing in {"refused", "ended"}:
            return Reach(0, free=False)
        person = self.table.people["nobody"] if standing == "nothing" else shown.person
        word = person.levels[repository]
        level, cuts = LEVELS[word], shown.credential.at_most if standing == "holds" else frozenset[str]()
        for cut in cuts & {"read", "write"}:
            level = min(level, LEVELS[cut])
        beyond = ("public" in cuts and repository not in {"public", "site"}) or "elsewhere" in cuts
        if beyond or ("public-app" in cuts and repository != "public"):
            level = 0
        return Reach(level, free=word == "free" and level > 0)

    def answer(self, row: Row, shown: Shown, repository: str) -> str:
        """The answer that the row promises; `repository` is empty where it is about none."""
        if row.needs == "-":
            return row.answer
        standing = shown.standing(row.door)
        if standing == "refused":
            return self._refusal(row, "refused")
        if standing == "nothing" and needs_somebody(row):
            return row.nobody or self._refusal(row, "nobody")
        if row.door in {TOKEN, REFRESH}:
            level = self.reach(shown, row.door, repository).level
            return row.answer.replace("actions", ",".join(ACTIONS[:level]) or "nothing")
        refused = {REGISTRY: self._registry, REST: self._rest, PAGES: self._page}[row.door](row, shown)
        if refused or row.needs not in RIGHTS:
            return refused or row.answer
        return self._right(row, shown, repository)

    def other_method(self, rows: Collection[Row], shown: Shown) -> str:
        """The answer to a method that no row of an address has: refused, but first to those who may not ask at all."""
        row = next(iter(rows))
        closed = all(needs_somebody(each) and (row.section == 9 or not each.nobody) for each in rows)
        if row.door == PAGES and closed and shown.standing(PAGES) == "nothing":
            return row.nobody or self._refusal(row, "nobody")
        if row.needs == "stranger" and shown.standing(PAGES) == "holds":
            return "302 /"
        return self._refusal(row, "method")

    def _registry(self, row: Row, shown: Shown) -> str:
        if row.needs not in RIGHTS and shown.standing(row.door) == "ended":
            return self._refusal(row, "ended")
        lacking = row.needs == "catalog" and "elsewhere" in shown.credential.at_most
        return self._refusal(row, "scope") if lacking else ""

    def _rest(self, row: Row, shown: Shown) -> str:
        credential, (least, _, whole) = shown.credential, row.token.partition(" ")
        is_limited = "public-app" in credential.at_most
        if shown.standing(REST) == "holds" and credential.sent_as != "cookie":
            if SCOPES.index(_scope_of(credential)) < SCOPES.index(least):
                return self._refusal(row, "scope")
            if whole and is_limited:
                return self._refusal(row, "limited")
        lacking = row.needs == "creator" and (is_limited or not shown.person.creates)
        return self._refusal(row, "no role") if lacking else ""

    def _page(self, row: Row, shown: Shown) -> str:
        person = shown.person
        if row.needs == "stranger" and shown.standing(PAGES) == "holds":
            return "302 /"
        if row.needs == "creator" and not person.creates:
            return self._refusal(row, "no role")
        if row.needs in {"staff", "may", "never"} and person.works == "no":
            return row.visitor or self._refusal(row, "visitor")
        if row.needs == "never" or (row.needs == "may" and person.works == "staff"):
            return row.no_part or self._refusal(row, "no part")
        return ""

    def _right(self, row: Row, shown: Shown, repository: str) -> str:
        """The level decides."""
        reach, needed = self.reach(shown, row.door, repository), RIGHTS[row.needs]
        if reach.level == 0:
            return self._refusal(row, "hidden")
        if reach.free and (reach.level >= needed or row.door != REGISTRY):
            return row.free or self._refusal(row, "free")
        if reach.level >= needed:
            return row.answer
        asks_to_sign_in = row.door == PAGES and shown.standing(PAGES) == "nothing"
        return self._refusal(row, "nobody" if asks_to_sign_in else "low")

    def _refusal(self, row: Row, case: str) -> str:
        found = self.table.refusals[case][row.door]
        if not found:
            raise Slip(f"section 3 does not say what “{case}” is at {row.door}, which {row} needs")
        return found


def needs_somebody(row: Row) -> bool:
    """Whether nobody gets no further here. At `/v2/` nobody, too, needs a token that says so."""
    if row.door == REGISTRY:
        return True
    return row.needs not in {"anyone", "stranger", *(RIGHTS if row.door == PAGES else ["pull"])}


def _scope_of(credential: Credential) -> str:
    """The scope of a personal access token."""
    return next((scope for scope in SCOPES if credential.name.endswith(scope)), "repo:admin")
