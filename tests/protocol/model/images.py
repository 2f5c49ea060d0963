"""Rules that push, read and delete manifests, indexes and tags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlencode

from hypothesis import strategies as st
from hypothesis.stateful import MultipleResults, initialize, multiple, rule
from hypothesis.strategies import SearchStrategy

from tests.protocol.model import pool
from tests.protocol.model.machine import Asker, Machine, askers, documents, homes, places, pushed
from tests.protocol.model.pool import ILLEGAL_TAG, TAGS, Document, Label, Listed, algorithms, labels, lists, words
from tests.registry import ABSENT, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST, digest_of

#: By a tag, or by the digest of an algorithm; or wrong.
references = st.sampled_from([*TAGS * 2, *["sha256"] * 4, "sha512", "sha512", ABSENT, "sha256:nonsense", ILLEGAL_TAG])
more_tags = st.lists(st.sampled_from([*TAGS * 4, ILLEGAL_TAG]), max_size=2)
completely = st.sampled_from([True, True, True, False])
subjects = st.one_of(st.none(), documents)
#: Of the references that a document was pushed under, which; or what nothing is pushed under.
known: SearchStrategy[int | str] = st.sampled_from([0] * 8 + [1] * 8 + [2, ILLEGAL_TAG])
broken = st.sampled_from(
    [
        Document(b"{", OCI_MANIFEST, "public"),
        Document(b"{}", OCI_MANIFEST, "secret"),
        Document(b'{"schemaVersion": 2, "config": {}, "manifests": []}', OCI_INDEX, "public"),
        Document(b'{"mediaType": "application/vnd.oci.image.index.v1+json"}', OCI_MANIFEST, "secret"),
    ]
)


class Images(Machine):
    @initialize(targets=(documents, pushed), place=places, listed=lists, label=labels, tags=more_tags)
    def first_image(self, place: str, listed: Listed, label: Label, tags: list[str]) -> MultipleResults[Document]:
        maker = ("maker", "all")
        self._complete(maker, place, listed.blobs)
        return self.push(maker, place, pool.image(listed, label, None, self.number), "sha256", tags)

    @rule(
        targets=(documents, pushed),
        asker=askers,
        place=places,
        listed=lists,
        label=labels,
        subject=subjects,
        reference=references,
        tags=more_tags,
        complete=completely,
    )
    def push_image(
        self,
        asker: Asker,
        place: str,
        listed: Listed,
        label: Label,
        subject: Document | None,
        reference: str,
        tags: list[str],
        complete: bool,
    ) -> MultipleResults[Document]:
        """An image or an artifact; `complete`: its blobs first, as far as they are missing."""
        if complete:
            self._complete(asker, place, listed.blobs)
        return self.push(asker, place, pool.image(listed, label, subject, self.number), reference, tags)

    @rule(
        targets=(documents, pushed),
        asker=askers,
        place=homes,
        children=st.lists(pushed, max_size=2),
        caches=st.lists(words, max_size=1),
        label=labels,
        subject=subjects,
        reference=references,
        tags=more_tags,
        complete=completely,
    )
    def push_index(
        self,
        asker: Asker,
        place: str,
        children: list[Document],
        caches: list[str],
        label: Label,
        subject: Document | None,
        reference: str,
        tags: list[str],
        complete: bool,
    ) -> MultipleResults[Document]:
        """Where its first child is, mostly. `complete`: only over children that were pushed there, and blobs that are
        pushed first, as far as they are missing."""
        if place == "home":
            place = children[0].place if children else "public"
        if complete:
            children = [child for child in children if child.place == place and child.references]
            self._complete(asker, place, [(word, "sha256") for word in caches])
        pushed = self.push(asker, place, pool.index(children, caches, label, subject, self.number), reference, tags)
        return multiple(*pushed.values, *children)  # what an index lists is worth more tries

    @rule(
        targets=(documents, pushed),
        asker=askers,
        place=homes,
        document=st.one_of(documents, documents, documents, broken),
        reference=references,
        tags=more_tags,
        docker=st.sampled_from([False] * 4 + [True]),
    )
    def push_again(
        self, asker: Asker, place: str, document: Document, reference: str, tags: list[str], docker: bool
    ) -> MultipleResults[Document]:
        """The same bytes there or elsewhere, with whatever they list there; perhaps as another type, which is that of
        the last push if the document does not say. Or what is no manifest at all."""
        media_type = DOCKER_MANIFEST if docker else document.media_type
        place = document.place if place == "home" else place
        return self.push(asker, place, replace(document, media_type=media_type), reference, tags)

    @rule(
        asker=askers,
        place=homes,
        document=pushed,
        which=known,
        method=st.sampled_from(["GET", "HEAD"]),
        cached=st.sampled_from([False, False, True]),
    )
    def read_manifest(
        self, asker: Asker, place: str, document: Document, which: int | str, method: str, cached: bool
    ) -> None:
        """By a tag or digest that it was pushed under; `cached`: the client has this one."""
        place = document.place if place == "home" else place
        reference = self.known_as(document, which)
        ticket, name = self.ticket(asker, place), self.names[place]
        fresh = document.digest() if cached else ""
        answer = self.model.get_manifest(ticket.token, name, reference, fresh=fresh)
        headers = {"If-None-Match": f'"{fresh}"'} if cached else {}
        self.send(answer, ticket, method, f"/v2/{name}/manifests/{reference}", headers=headers)

    @rule(asker=askers, place=homes, document=pushed, algorithm=algorithms)
    def delete_manifest(self, asker: Asker, place: str, document: Document, algorithm: str) -> None:
        self.remove(asker, document.place if place == "home" else place, document.digest(algorithm))

    @rule(asker=askers, place=homes, document=pushed, which=known)
    def delete_manifest_or_tag(self, asker: Asker, place: str, document: Document, which: int | str) -> None:
        self.remove(asker, document.place if place == "home" else place, self.known_as(document, which))

    # -- what the rules share

    def push(
        self, asker: Asker, place: str, document: Document, reference: str, tags: Sequence[str]
    ) -> MultipleResults[Document]:
        """The document as it is known now, if it was taken."""
        ticket, name = self.ticket(asker, place), self.names[place]
        reference = document.digest(reference) if reference in {"sha256", "sha512"} else reference
        answer = self.model.put_manifest(ticket.token, name, reference, document.body, document.media_type, tags)
        query = "?" + urlencode([("tag", tag) for tag in tags]) if tags else ""
        path = f"/v2/{name}/manifests/{reference}{query}"
        self.send(answer, ticket, "PUT", path, document.body, {"Content-Type": document.media_type})
        if answer.status != 201:
            return multiple()
        return multiple(replace(document, place=place, references=(reference, answer.headers["Docker-Content-Digest"])))

    def known_as(self, document: Document, which: int | str) -> str:
        if isinstance(which, str):
            return which
        return document.references[which] if which < len(document.references) else document.digest("sha512")

    def remove(self, asker: Asker, place: str, reference: str) -> None:
        ticket, name = self.ticket(asker, place), self.names[place]
        answer = self.model.delete_manifest(ticket.token, name, reference)
        self.send(answer, ticket, "DELETE", f"/v2/{name}/manifests/{reference}")

    def _complete(self, asker: Asker, place: str, wanted: Sequence[tuple[str, str]]) -> None:
        ticket, name = self.ticket(asker, place), self.names[place]
        for word, algorithm in wanted:
            body = self.content(word)
            digest, here = digest_of(body, algorithm), self.model.repositories.get(name)
            if "push" in ticket.token.grants.get(name, ()) and not (here and digest in here.blobs):
                self.post(ticket, name, digest, body)
