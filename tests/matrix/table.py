"""Reads `table.md`. Every word in it is checked here, so that a slip of the pen is no empty promise."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.matrix.places import PEOPLE, REPOSITORIES

PAGE = Path(__file__).with_name("table.md")
REGISTRY, TOKEN, REFRESH, REST, PAGES = DOORS = ("/v2/", "/token", "refresh", "rest", "pages")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
LEVELS = {"-": 0, "read": 1, "write": 2, "admin": 3, "free": 3}
#: What a row needs, as the level that has it.
RIGHTS = {"pull": 1, "push": 2, "delete": 3, "admin": 3}
_OTHERS = "- anyone token catalog credential kept account creator stranger staff may never"
_SECTIONS = {
    "4 The registry": REGISTRY,
    "5 The token service": TOKEN,
    "6 REST": REST,
    "7 Pages": PAGES,
    "8 Signing in and one's account": PAGES,
    "9 The administration": PAGES,
}


class Slip(Exception):
    """A word in the table that means nothing; the message says where."""


@dataclass(frozen=True)
class Person:
    """`levels`: by repository, in words; `ended` when the account no longer holds. `works`: no, staff, superuser."""

    name: str
    creates: bool
    works: str
    levels: dict[str, str]

    @property
    def has_ended(self) -> bool:
        return "ended" in self.levels.values()


@dataclass(frozen=True)
class Credential:
    """`standing`: by door, empty where nobody tries; `at_most`: words that cut; `shown_by`: who walks with it."""

    name: str
    sent_as: str
    standing: dict[str, str]
    at_most: frozenset[str]
    shown_by: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """One line of the sections 4 to 9. What is empty is as section 3 says."""

    section: int
    door: str
    address: str
    methods: tuple[str, ...]
    needs: str
    token: str
    sends: str
    answer: str
    free: str
    nobody: str
    visitor: str
    no_part: str
    shows_names: bool

    @property
    def is_about_a_repository(self) -> bool:
        return any(word in self.address + self.sends for word in ("{repository}", "{scope}"))


@dataclass(frozen=True)
class Ending:
    """One line of section 10. `counts_as`: by credential, the other one that it has become."""

    name: str
    who: tuple[str, ...]
    of: str
    becomes: str
    counts_as: dict[str, str]


@dataclass(frozen=True)
class Table:
    """The whole page; `refusals` by case and door."""

    people: dict[str, Person]
    credentials: dict[str, Credential]
    refusals: dict[str, dict[str, str]]
    rows: tuple[Row, ...]
    endings: tuple[Ending, ...]

    def of(self, section: int) -> tuple[Row, ...]:
        """The rows of a section."""
        return tuple(row for row in self.rows if row.section == section)

    def shown_by(self, person: str) -> set[str]:
        """The credentials that somebody walks with."""
        return {credential.name for credential in self.credentials.values() if person in credential.shown_by}


@cache
def read() -> Table:
    """The table. Errors: Slip."""
    sections = dict(_sections(PAGE.read_text(encoding="utf-8")))
    people = [_person(line) for line in sections["1 People"]]
    credentials = [_credential(line) for line in sections["2 Credentials"]]
    return Table(
        people={person.name: person for person in people},
        credentials={credential.name: credential for credential in credentials},
        refusals={line["case"]: line for line in sections["3 Refusals"]},
        rows=tuple(row for title in _SECTIONS for line in sections[title] for row in _rows(title, line)),
        endings=tuple(_ending(line) for line in sections["10 What ends, at once"]),
    )


def _sections(text: str) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Each heading with the lines of its tables, as dictionaries by the heads of their columns."""
    for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        title, _, body = part.partition("\n")
        yield title, list(_lines(body))


def _lines(body: str) -> Iterator[dict[str, str]]:
    head: list[str] = []
    for line in body.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []
        if not cells or set("".join(cells)) <= {"-"}:
            head = head if cells else []
        elif not head:
            head = cells
        elif len(cells) == len(head):
            yield dict(zip(head, cells, strict=True))
        else:
            raise Slip(f"this line has {len(cells)} cells, its table has {len(head)}: {line}")


def _person(line: dict[str, str]) -> Person:
    return Person(
        name=_one_of(["nobody", *PEOPLE], line["person"], line),
        creates=_one_of(["yes", "no"], line["creates"], line) == "yes",
        works=_one_of(["no", "staff", "superuser"], line["works"], line),
        levels={key: _one_of([*LEVELS, "ended"], line[key], line) for key in REPOSITORIES},
    )


def _credential(line: dict[str, str]) -> Credential:
    cuts = ["read", "write", "public", "public-app", "elsewhere"]
    return Credential(
        name=line["credential"],
        sent_as=_one_of(["", "cookie", "Basic", "Bearer"], line["sent as"].partition(";")[0], line),
        standing={door: _one_of(["", "holds", "nothing", "refused", "ended"], line[door], line) for door in DOORS},
        at_most=frozenset(_one_of(cuts, word, line) for word in line["at most"].split()),
        shown_by=_people(line["shown by"], line),
    )


def _rows(title: str, line: dict[str, str]) -> Iterator[Row]:
    """The row of a line; all pages of one kind of row in the administration."""
    if "kind" not in line:
        yield _row(title, line)
        return
    place = f"/admin/{line['kind']}"
    one = f"{place}/{{{line['kind']}}}"
    looking = " ".join(method for method in METHODS if method != "POST")
    pages = {
        "list": (f"{place}/", "any"),
        "add": (f"{place}/add/", "any"),
        "history": (f"{one}/history/", "any"),
        "look": (f"{one}/change/", looking),
        "change": (f"{one}/change/", "POST"),
        "delete": (f"{one}/delete/", "any"),
    }
    for page, (address, methods) in pages.items():
        sends = "groups=0" if page == "change" else ""  # so that no form is right, whatever its fields
        yield _row(
            title, {"address": address, "methods": methods, "needs": line[page], "sends": sends, "answer": "200"}
        )
    short = {"address": f"{one}/", "methods": "any", "needs": "staff", "answer": f"302 {one}/change/"}
    yield _row(title, short)


def _row(title: str, line: dict[str, str]) -> Row:
    methods = METHODS if line["methods"] == "any" else line["methods"].split()
    needs, _, names = line["needs"].partition(", ")
    return Row(
        section=int(title.partition(" ")[0]),
        door=REFRESH if needs == "kept" else _SECTIONS[title],
        address=line["address"],
        methods=tuple(_one_of(METHODS, method, line) for method in methods),
        needs=_one_of([*RIGHTS, *_OTHERS.split()], needs, line),
        token=line.get("token", ""),
        sends=line.get("sends", ""),
        answer=line["answer"],
        free=line.get("free", ""),
        nobody=line.get("nobody", ""),
        visitor=line.get("visitor", ""),
        no_part=line.get("no part", ""),
        shows_names=_one_of(["", "names"], names, line) == "names",
    )


def _ending(line: dict[str, str]) -> Ending:
    pairs = [pair.split(": ") for pair in line["counts as"].split(", ") if pair]
    return Ending(
        name=line["ending"],
        who=_people(line["who"], line),
        of=_one_of(["", *REPOSITORIES], line["of"], line),
        becomes=_one_of([*PEOPLE, *REPOSITORIES], line["as"], line),
        counts_as=dict(pairs),
    )


def _people(cell: str, line: dict[str, str]) -> tuple[str, ...]:
    names = cell.replace("everybody", ", ".join(PEOPLE)).split(", ")
    return tuple(_one_of(["nobody", *PEOPLE], name, line) for name in names)


def _one_of(words: Collection[str], word: str, line: dict[str, str]) -> str:
    if word not in words:
        raise Slip(f"“{word}” means nothing here: {line}")
    return word
