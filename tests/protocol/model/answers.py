"""What an answer has to be, and whether the hub's answer is that."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from email.parser import BytesParser
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import parse_qsl, urlsplit

import httpx

from tests.registry import challenge_of

M = TypeVar("M")
P = ParamSpec("P")
#: The part of a blob that a 206 shows: its Content-Range, and the bytes.
Part = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class Answer:
    """A predicted answer; what is not predicted may be anything.

    `code`: of the first error. `details`: the digests that the errors name. `headers`: values, "" for a header that is
    not there. `body`: all of it; of a HEAD, what Content-Length counts. `document`: the JSON of the body. `challenge`:
    the scopes of an `insufficient_scope`. `more`: where the next page begins, None when this is the last one.
    """

    status: int
    code: str = ""
    details: frozenset[str] = frozenset()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    document: Any = None
    parts: tuple[Part, ...] = ()
    challenge: str = ""
    opens: str = ""
    more: Mapping[str, str] | None = None

    @property
    def is_list(self) -> bool:
        return self.document is not None

    def __str__(self) -> str:
        said = {each.name: getattr(self, each.name) for each in fields(self)[1:]}
        return " ".join([str(self.status), *(f"{name}={value!r}"[:1000] for name, value in said.items() if value)])


class Refused(Exception):
    """The answer is an error."""

    def __init__(self, status: int, code: str, **more: Any) -> None:
        super().__init__(code)
        self.answer = Answer(status, code, **more)


def request(rule: Callable[Concatenate[M, P], Answer]) -> Callable[Concatenate[M, P], Answer]:
    """A method whose refusal is its answer."""

    @wraps(rule)
    def asked(model: M, /, *args: P.args, **kwargs: P.kwargs) -> Answer:
        try:
            return rule(model, *args, **kwargs)
        except Refused as refused:
            return refused.answer

    return asked


def check(expected: Answer, response: httpx.Response) -> None:
    """Errors: AssertionError, with the request, both answers and what is different."""
    said = f"{response.request.method} {response.request.url}\nmodel: {expected}\nhub:   {_shown(response)}"
    assert response.status_code == expected.status, said
    assert response.headers["Docker-Distribution-API-Version"] == "registry/2.0", said
    for name, value in expected.headers.items():
        assert response.headers.get(name, "") == value, f"{name}\n{said}"
    if expected.opens:
        _check_session(expected.opens, response, said)
    if expected.challenge:
        found = challenge_of(response)
        assert (found["error"], found["scope"]) == ("insufficient_scope", expected.challenge), said
    if response.request.method == "HEAD":
        assert response.content == b"", said
        if expected.status == 200 and expected.body is not None:
            assert int(response.headers["Content-Length"]) == len(expected.body), said
        return
    _check_body(expected, response, said)


def _check_body(expected: Answer, response: httpx.Response, said: str) -> None:
    if expected.code:
        errors = response.json()["errors"]
        assert response.headers["Content-Type"] == "application/json", said
        assert errors[0]["code"] == expected.code, said
        named = {error["detail"]["digest"] for error in errors if "digest" in error.get("detail", {})}
        assert not expected.details or named == expected.details, said
    if expected.body is not None:
        assert response.content == expected.body, said
    if expected.parts:
        assert _parts(response) == expected.parts, said
    if expected.is_list:
        assert _in_order(response.json()) == expected.document, said
        assert _next_page(response) == expected.more, said


def _check_session(name: str, response: httpx.Response, said: str) -> None:
    """A new session, at an address of the repository, that has no byte."""
    place = re.fullmatch(rf"/v2/{re.escape(name)}/blobs/uploads/([^/?]+)", response.headers["Location"])
    assert place, said
    assert response.headers["Docker-Upload-UUID"] == place[1], said
    assert response.headers["Range"] == "0-0", said


def _in_order(document: dict[str, Any]) -> dict[str, Any]:
    """A list of referrers has no order of its own: by digest."""
    if "manifests" in document:
        document["manifests"].sort(key=lambda item: str(item["digest"]))
    return document


def _next_page(response: httpx.Response) -> dict[str, str] | None:
    """The query of the next page; its address is relative and that of the same list."""
    if not response.links:
        return None
    link = response.links["next"]["url"]
    assert link.startswith("/v2/"), link
    assert urlsplit(link).path == response.request.url.path
    return dict(parse_qsl(urlsplit(link).query, strict_parsing=True))


def _parts(response: httpx.Response) -> tuple[Part, ...]:
    """The parts of a multipart/byteranges (RFC 9110, 14.6), whose length is that which was announced."""
    assert int(response.headers["Content-Length"]) == len(response.content)
    head = f"Content-Type: {response.headers['Content-Type']}\r\n\r\n".encode()
    message = BytesParser().parsebytes(head + response.content)
    assert message.get_content_type() == "multipart/byteranges"
    found = [part for part in message.walk() if not part.is_multipart()]
    return tuple((part["Content-Range"], bytes(part.get_payload(decode=True) or b"")) for part in found)


def _shown(response: httpx.Response) -> str:
    headers = {name: value for name, value in response.headers.items() if name not in {"date", "server"}}
    return f"{response.status_code} {json.dumps(headers)} {response.content[:1000]!r}"
