"""From a row of the table to requests: for everybody who walks it, with what they show, about every repository."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.conf import settings
from django.urls import resolve

from tests.matrix.expected import Shown
from tests.matrix.inside import Asked
from tests.matrix.places import NO_DIGEST, NO_UPLOAD, REPOSITORIES
from tests.matrix.proofs import CSRF
from tests.matrix.table import PAGES, REGISTRY, REST, Row, Table, read
from tests.matrix.world import World

FORM = "application/x-www-form-urlencoded"
SAFE = {"GET", "HEAD", "OPTIONS"}
INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
INDEX = json.dumps({"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": []}).encode()
BYTES = b"some bytes that are nowhere yet"
#: Who stands for all where the person makes no difference.
FEW = {"nobody", "outsider", "owner", "superuser"}
#: Sections that not everybody walks.
ASKED_BY = {
    8: {"nobody", "outsider", "owner", "disabled", "unverified"},
    9: {"nobody", "outsider", "owner", "staff", "superuser"},
}
_WORD = re.compile(r"\{([a-z'/ ]+)\}")


@dataclass(frozen=True)
class Case:
    """One request. `repository` is a word of the table, empty where the row is about none."""

    row: Row
    method: str
    shown: Shown
    repository: str

    @property
    def name(self) -> str:
        """The full name of the repository that is asked for."""
        return REPOSITORIES.get(self.repository, "")


def of_row(table: Table, row: Row) -> Iterator[Case]:
    """Everything that a row promises."""
    for shown in everybody(table, row):
        for repository in repositories(row, shown):
            for method in row.methods:
                if is_asked(row, method, shown):
                    yield Case(row, method, shown, repository)


def everybody(table: Table, row: Row) -> Iterator[Shown]:
    """Who walks a row: those that the credential names where it counts, the owner where it does not."""
    for credential in table.credentials.values():
        standing = credential.standing[row.door]
        if not standing or (row.needs in {"credential", "kept"} and credential.sent_as not in {"", "Basic"}):
            continue  # nobody tries, or the form has no room for it
        counts = standing in {"holds", "ended"} or credential.name == "nothing"
        only_the_owner = ["owner"] if "owner" in credential.shown_by else credential.shown_by[:1]
        for name in credential.shown_by if counts else only_the_owner:
            if name in ASKED_BY.get(row.section, credential.shown_by):
                yield Shown(table.people[name], credential)


def repositories(row: Row, shown: Shown) -> Iterable[str]:
    """All of the table's; the site's only where somebody is more than a reader there, and for a few others."""
    if not row.is_about_a_repository:
        return [""]
    special = shown.person.levels["site"] != "read" or shown.person.name in FEW
    return [key for key in REPOSITORIES if special or key != "site"]


def is_asked(row: Row, method: str, shown: Shown) -> bool:
    """HEAD and rare methods of pages and REST are asked by a few only."""
    return row.door not in {REST, PAGES} or method in {"GET", "POST", "PATCH", "DELETE"} or shown.person.name in FEW


def words(world: World, case: Case) -> dict[str, str]:
    """What the words in braces stand for."""
    person, key = case.shown.person.name, case.repository
    other = "editor" if person == "owner" else "owner"
    things = world.things.get(key, world.things["secret"])
    namespace, _, name = case.name.partition("/")
    login = world.proofs[person].login.get(case.shown.credential.name)
    return {
        **things,
        "repository": case.name,
        "name": name,
        "scope": f"repository:{case.name}:pull,push,delete",
        "namespace": namespace or "acme",
        "no namespace": "nowhere",
        "no name": "Not-A-Name",
        "tag": "v1",
        "no tag": "no-tag",
        "no digest": NO_DIGEST,
        "index digest": digest_of(INDEX),
        "bytes digest": digest_of(BYTES),
        "upload": world.uploads.get(person, {}).get(key, NO_UPLOAD),
        "another's upload": world.uploads[other].get(key, NO_UPLOAD),
        "no upload": NO_UPLOAD,
        "token": str(world.proofs[person].token or world.proofs["owner"].token),
        "another's token": str(world.proofs[other].token),
        "no token": "999999999",
        "nothing": "nothing",
        "login": urlencode({"username": login[0], "password": login[1]}) if login else "",
        "refresh": urlencode({"refresh_token": login[1]}) if login else "",
        **world.rows,
    }


def example(world: World, row: Row) -> tuple[str, dict[str, str]]:
    """A row's path for the owner, about the public repository, and what the words in it stand for."""
    table = read()
    owner = Shown(table.people["owner"], table.credentials["session"])
    meaning = words(world, Case(row, row.methods[0], owner, "public" if row.is_about_a_repository else ""))
    return urlsplit(filled(row.address, meaning)).path, meaning


def route_of(world: World, row: Row) -> str:
    """The route that a row leads to, as the hub's URL table writes it."""
    return resolve(example(world, row)[0]).route


def digest_of(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def filled(text: str, meaning: dict[str, str]) -> str:
    """The text with the words in braces replaced."""
    return _WORD.sub(lambda match: meaning[match[1]], text)


def asked(world: World, case: Case) -> Asked:
    """The request, with its credential and, where browsers send them, the form's token and cookie."""
    meaning, row, proofs = words(world, case), case.row, world.proofs[case.shown.person.name]
    headers = dict(proofs.shown[case.shown.credential.name])
    body = b""
    if row.needs in {"credential", "kept"}:
        headers = {}  # it stands in the form
    if case.method not in SAFE:
        kind, body = _body(row, filled(row.sends, meaning))
        headers |= {"Content-Type": kind} if kind else {}
        if row.door in {REST, PAGES}:
            cookies = [headers.get("Cookie", ""), f"{settings.CSRF_COOKIE_NAME}={CSRF}"]
            headers |= {"Cookie": "; ".join(filter(None, cookies)), "X-CSRFToken": CSRF}
    return Asked(case.method, filled(row.address, meaning), headers, body)


def _body(row: Row, sends: str) -> tuple[str, bytes]:
    """The type and the bytes of a row's body."""
    if row.door == REST:
        return "application/json", sends.encode()
    if row.door == REGISTRY:
        return {"index": (INDEX_TYPE, INDEX), "bytes": ("application/octet-stream", BYTES)}.get(sends, ("", b""))
    return FORM, urlencode(parse_qsl(sends, keep_blank_values=True)).encode()
