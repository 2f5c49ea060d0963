"""A page as somebody without a browser reads it: text, headings, links, commands, forms."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

from django.test import Client

from accounts.models import User

_VOID = {"meta", "link", "input", "img", "br", "hr"}
_UNSEEN = {"script", "style"}


@dataclass(frozen=True)
class Element:
    """A start tag, the tags it stands in, and the words in it."""

    tag: str
    attributes: dict[str, str]
    inside: tuple[str, ...]
    words: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


class Page(HTMLParser):
    """A parsed answer. `status`, `url` (of the answer, after redirects) and `raw` are as they came."""

    def __init__(self, status: int, raw: str, url: str) -> None:
        super().__init__(convert_charrefs=True)
        self.status, self.raw, self.url = status, raw, url
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self._words: list[str] = []
        self.feed(raw)

    @property
    def text(self) -> str:
        """All words that are to be seen, with single spaces."""
        return " ".join(" ".join(self._words).split())

    @property
    def commands(self) -> list[str]:
        """The texts of the fields to copy."""
        return [each.attributes.get("value", "") for each in self.all("input") if "readonly" in each.attributes]

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """The elements of a kind with these attributes, in order."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [each for each in self.elements if each.tag == tag and wanted.items() <= each.attributes.items()]

    def headings(self, level: int) -> list[str]:
        return [each.text for each in self.all(f"h{level}")]

    def link(self, text: str) -> str:
        """Where the link with this text, or this label, leads. Errors: AssertionError when there is none."""
        found = [each for each in self.all("a") if text in (each.text, each.attributes.get("aria-label"))]
        assert found, f"no link “{text}” in: {self.text}"
        return urljoin(self.url, found[0].attributes["href"])

    def has_link(self, text: str) -> bool:
        return any(text in (each.text, each.attributes.get("aria-label")) for each in self.all("a"))

    def value(self, name: str) -> str | None:
        """What the field of this name holds in the page's main part, or the chosen option of the only list there."""
        for each in (each for each in self.elements if "main" in each.inside):
            chosen = "checked" in each.attributes or each.attributes.get("type") not in ("radio", "checkbox")
            if each.tag == "input" and each.attributes.get("name") == name and chosen:
                return each.attributes.get("value", "")
        options = [each for each in self.all("option") if "selected" in each.attributes]
        return options[0].attributes.get("value") if options else None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = {name: value or "" for name, value in attrs}
        made = Element(tag, facts, tuple(each.tag for each in self._open))
        self.elements.append(made)
        if tag not in _VOID:
            self._open.append(made)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs}, ()))

    def handle_endtag(self, tag: str) -> None:
        if tag in {each.tag for each in self._open}:
            while self._open.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        if any(each.tag in _UNSEEN or each.attributes.get("aria-hidden") == "true" for each in self._open):
            return
        for each in self._open:
            each.words.append(data)
        if not any(each.tag == "title" for each in self._open):
            self._words.append(data)


def client_of(user: User | None = None) -> Client:
    """A browser of somebody who is signed in, or of nobody."""
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def get(client: Client, url: str, **query: str) -> Page:
    """The page at an address; redirects are followed."""
    return _read(client.get(url, query, follow=True), url)


def post(client: Client, url: str, **fields: str) -> Page:
    """The page after a form was sent; redirects are followed."""
    return _read(client.post(url, fields, follow=True), url)


def _read(response: Any, asked: str) -> Page:
    url = response.redirect_chain[-1][0] if response.redirect_chain else asked
    return Page(response.status_code, response.content.decode(), url)
