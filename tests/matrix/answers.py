"""Answers in the table's words, and all of an answer that must not tell one thing from another."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import jwt

from tests.matrix.cases import Case
from tests.matrix.inside import Answer, Asked
from tests.matrix.table import PAGES, REFRESH, REGISTRY, REST, TOKEN

_NEW_EACH_TIME = {"date", "x-request-id", "jti", "iat", "nbf", "exp", "token", "access_token", "issued_at"}


def described(case: Case, asked: Asked, answer: Answer) -> str:
    """Status and code; for a page where it leads to; for a new bearer token what it allows."""
    status, door = str(answer.status), case.row.door
    if answer.status in {301, 302}:
        return _redirect(asked, answer)
    if door == PAGES:
        return status
    return f"{status} {_code(door, answer)}".strip()


def without_body(case: Case, wanted: str) -> str:
    """What is left of an answer to HEAD: the registry's challenge is a header, other codes are in the body."""
    if case.method != "HEAD" or case.row.door == PAGES or (case.row.door == REGISTRY and wanted.startswith("401")):
        return wanted
    return wanted.partition(" ")[0]


def seen(case: Case, answer: Answer) -> dict[str, object]:
    """Status, headers and body; the asked name masked, and of a new bearer token its claims."""
    name = case.name or "\0"

    def masked(text: str) -> str:
        for form in (name, quote(name, safe=""), quote(quote(name), safe="")):
            text = text.replace(form, "<name>")
        return text

    headers = [f"{key}: {masked(value)}" for key, value in answer.headers if key not in _NEW_EACH_TIME]
    body = answer.body.decode("latin-1")
    if _is_grant(case.row.door, answer):
        said = {**answer.document, **_claims(answer)}
        body = str({key: value for key, value in said.items() if key not in _NEW_EACH_TIME})
    return {"status": answer.status, "headers": headers, "body": masked(body)}


def _code(door: str, answer: Answer) -> str:
    if door == REGISTRY and answer.status == 401:
        found = re.search(r'error="(\w+)"', answer.header("www-authenticate"))
        return found[1] if found else ""
    if answer.status < 400:
        return _granted(answer) if _is_grant(door, answer) else ""
    if not answer.body:
        return ""
    error = answer.document["error"] if door == REST else answer.document["errors"][0]
    return str(error["code"])


def _redirect(asked: Asked, answer: Answer) -> str:
    place = urlsplit(answer.header("location"))
    if place.path == "/accounts/login/" and unquote(place.query) == f"next={asked.path}":
        return "sign-in"
    return f"{answer.status} {place.path}"


def _is_grant(door: str, answer: Answer) -> bool:
    return door in {TOKEN, REFRESH} and answer.status == 200 and "token" in (answer.document or ())


def _granted(answer: Answer) -> str:
    """The actions that a bearer token allows."""
    return ",".join(action for scope in _claims(answer)["access"] for action in scope["actions"]) or "nothing"


def _claims(answer: Answer) -> dict[str, Any]:
    found: dict[str, Any] = jwt.decode(answer.document["token"], options={"verify_signature": False})
    return found
