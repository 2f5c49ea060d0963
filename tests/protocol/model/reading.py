"""Rules that only read: blobs and their parts, lists and their pages; and new tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote_plus, urlencode

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.protocol.model.answers import Answer
from tests.protocol.model.grammar import Span
from tests.protocol.model.machine import Asker, Blob, Machine, Ticket, askers, blobs, documents, homes, places
from tests.protocol.model.pool import SBOM, SIGNATURE, TAGS, Document, algorithms

#: Parts of a blob: the whole, one, one that is cut short, one that is nowhere, several, several in disorder.
SPANS: list[tuple[Span, ...]] = [
    (),
    ((0, 0),),
    ((1, None),),
    ((None, 5),),
    ((3, 10**6),),
    ((10**6, None),),
    ((9, 3),),
    ((0, 1), (4, 8)),
    ((0, 1), (4, 8), (10**6, None)),
    ((4, 8), (0, 5)),
]
pages = st.sampled_from([None, None, 0, 1, 2, 100])


class Reading(Machine):
    @rule(
        asker=askers,
        place=homes,
        blob=blobs,
        method=st.sampled_from(["GET", "GET", "HEAD"]),
        spans=st.sampled_from(SPANS),
        cached=st.sampled_from([False, False, False, True]),
    )
    def read_blob(self, asker: Asker, place: str, blob: Blob, method: str, spans: Sequence[Span], cached: bool) -> None:
        place = blob.place if place == "home" else place
        ticket, name = self.ticket(asker, place), self.names[place]
        fresh = blob.digest if cached else ""
        parts = spans if method == "GET" else ()
        answer = self.model.get_blob(ticket.token, name, blob.digest, spans=parts, fresh=fresh)
        headers = {"Range": "bytes=" + ",".join(map(_written, spans))} if spans else {}
        headers |= {"If-None-Match": f'"{fresh}"'} if cached else {}
        self.send(answer, ticket, method, f"/v2/{name}/blobs/{blob.digest}", headers=headers)

    @rule(asker=askers, place=places, n=pages, last=st.sampled_from(["", "", *TAGS, "Z", "é"]))
    def list_tags(self, asker: Asker, place: str, n: int | None, last: str) -> None:
        ticket, name = self.ticket(asker, place), self.names[place]
        query = _query(n=n, last=last)
        self.send(
            self.model.list_tags(ticket.token, name, n=n, last=last), ticket, "GET", f"/v2/{name}/tags/list{query}"
        )

    @rule(
        asker=askers,
        place=homes,
        document=documents,
        algorithm=algorithms,
        types=st.lists(st.sampled_from([SBOM, SIGNATURE, "a/b"]), max_size=2),
        n=st.sampled_from([None, None, 1, 2]),
    )
    def list_referrers(
        self, asker: Asker, place: str, document: Document, algorithm: str, types: list[str], n: int | None
    ) -> None:
        """All of them; or page by page, where each is shown once and every page keeps the filter."""
        place = document.place if place == "home" else place
        ticket, name = self.ticket(asker, place), self.names[place]
        path = f"/v2/{name}/referrers/{document.digest(algorithm)}"
        answer = self.model.list_referrers(ticket.token, name, document.digest(algorithm), types)
        if n is None or answer.status != 200:
            self.send(answer, ticket, "GET", path + _query(artifactType=types))
        else:
            self._turn_pages(answer, ticket, path + _query(n=n, artifactType=types), n)

    @rule(asker=askers, place=places, n=st.sampled_from([1, 2, 5]))
    def list_repositories(self, asker: Asker, place: str, n: int) -> None:
        """Those of this example in one namespace: they follow each other in the catalogue, which has more."""
        ticket, ours = self.ticket(asker, place), self.names[place].removesuffix("/blobs/uploads")
        before = ours.replace(f"{self.number:05}", f"{self.number - 1:05}~")
        answer = self.model.list_repositories(ticket.token)
        found = self.send(answer, ticket, "GET", f"/v2/_catalog{_query(n=n, last=before)}")
        if answer.status == 200:
            expected = [name for name in self.model.visible_to(ticket.token.who) if name.startswith(ours)]
            shown = found.json()["repositories"]
            assert len(shown) <= n
            assert [name for name in shown if name.startswith(ours)] == expected[:n] == shown[: len(expected)]
            assert len(expected) <= n or f"last={quote_plus(expected[n - 1])}" in found.headers["Link"]

    @precondition(lambda self: self.grown)
    @rule()
    def ask_for_new_tokens(self) -> None:
        """Repositories that were made since are in them."""
        self.tickets.clear()

    # -- what the rules share

    def _turn_pages(self, expected: Answer, ticket: Ticket, path: str, n: int) -> None:
        """Each page has at most n; together they are the list."""
        found: list[dict[str, Any]] = []
        for _ in range(len(expected.document["manifests"]) + 1):
            response = self.send(replace(expected, document=None), ticket, "GET", path)
            page = response.json()["manifests"]
            assert len(page) <= n
            found += page
            if not response.links:
                break
            path = response.links["next"]["url"]
        assert sorted(found, key=lambda item: str(item["digest"])) == expected.document["manifests"]


def _query(**wanted: str | int | list[str] | None) -> str:
    """A query string of what is given."""
    given = {name: value for name, value in wanted.items() if value not in (None, "", [])}
    return "?" + urlencode(given, doseq=True) if given else ""


def _written(span: Span) -> str:
    first, last = ("" if bound is None else str(bound) for bound in span)
    return f"{first}-{last}"
