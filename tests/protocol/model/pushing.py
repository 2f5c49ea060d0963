"""Rules that push and delete blobs: sessions in every order, whole blobs, mounts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st
from hypothesis.stateful import MultipleResults, initialize, multiple, rule

from tests.protocol.model.machine import (
    PLACES,
    Asker,
    Blob,
    Machine,
    Ticket,
    Upload,
    askers,
    blobs,
    chunked,
    documents,
    homes,
    places,
    uploads,
)
from tests.protocol.model.pool import COMMON, OWN, Document, algorithms, words
from tests.registry import ABSENT, Body, digest_of

NONSENSE = "sha256:nonsense"
OPENER = ("opener", "all")
#: Whoever opened the upload, mostly.
users = st.one_of(*[st.just(OPENER)] * 5, askers)
#: Who mounts, and where to; often somebody who may not read everything.
takers = st.one_of(st.tuples(askers, places), st.just((("outsider", "all"), "theirs")))
contents = st.sampled_from([*sorted(OWN), "braces", "letter", ""])
#: How a piece says its place: as the next one, not at all, in chunks of unknown number; and wrong, as the first one
#: once more, as one behind a gap, or with a length that it does not have.
ways = st.sampled_from([*["next", "next", "plain", "streamed"] * 3, "again", "again", "gap", "lie"])


class Pushing(Machine):
    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.finishes: dict[str, tuple[str, bytes, str]] = {}

    @initialize(target=uploads, place=places)
    def first_upload(self, place: str) -> MultipleResults[Upload]:
        return self._start(("maker", "all"), place, "")

    @initialize(target=blobs, place=places, word=words)
    def first_blob(self, place: str, word: str) -> MultipleResults[Blob]:
        return self._push(("maker", "all"), place, self.content(word), "sha256", "right")

    # -- sessions

    @rule(
        target=uploads, asker=askers, place=places, algorithm=st.sampled_from(["", "", "", "sha256", "sha512", "md5"])
    )
    def start_upload(self, asker: Asker, place: str, algorithm: str) -> MultipleResults[Upload]:
        return self._start(asker, place, algorithm)

    @rule(upload=uploads, asker=users, place=homes, method=st.sampled_from(["GET", "GET", "HEAD", "DELETE"]))
    def ask_about_upload(self, upload: Upload, asker: Asker, place: str, method: str) -> None:
        """How far it is, or to cancel it."""
        ticket, name, path = self.at(upload, asker, place)
        ask = self.model.cancel if method == "DELETE" else self.model.status
        self.send(ask(ticket.token, name, upload.id), ticket, method, path)

    @rule(upload=uploads, asker=users, place=homes, content=contents, way=ways)
    def send_piece(self, upload: Upload, asker: Asker, place: str, content: str, way: str) -> None:
        piece = self.piece(content)
        ticket, name, path = self.at(upload, asker, place)
        start, length, headers, body = self.placed(upload, piece, way)
        answer = self.model.patch(ticket.token, name, upload.id, piece, start=start, length=length)
        self.send(answer, ticket, "PATCH", path, body, headers)

    @rule(
        target=uploads,
        asker=askers,
        place=places,
        pieces=st.lists(st.tuples(contents, ways), min_size=1, max_size=3),
    )
    def start_upload_and_send(self, asker: Asker, place: str, pieces: list[tuple[str, str]]) -> MultipleResults[Upload]:
        started = self._start(asker, place, "")
        for upload in started.values:
            for content, way in pieces:
                self.send_piece(upload, OPENER, "home", content, way)
        return started

    @rule(
        target=blobs,
        upload=uploads,
        asker=users,
        place=homes,
        content=contents,
        way=ways,
        algorithm=algorithms,
        said=st.sampled_from(["right"] * 9 + [ABSENT, NONSENSE, ""]),
    )
    def finish(
        self, upload: Upload, asker: Asker, place: str, content: str, way: str, algorithm: str, said: str
    ) -> MultipleResults[Blob]:
        """With a last piece or without, and with the digest of everything or another."""
        piece = self.piece(content)
        whole = self.received(upload) + piece
        digest = digest_of(whole, algorithm) if said == "right" else said
        status = self.put(upload, asker, place, digest, piece, way)
        return multiple(Blob(whole, digest, upload.place)) if status == 201 else multiple()

    @rule(upload=uploads, asker=users, place=homes)
    def finish_again(self, upload: Upload, asker: Asker, place: str) -> None:
        """The same PUT once more, as after an answer that was lost."""
        digest, piece, way = self.finishes.get(upload.id, (digest_of(b""), b"", "plain"))
        self.put(upload, asker, place, digest, piece, way)

    # -- whole blobs

    @rule(
        target=blobs,
        asker=askers,
        place=places,
        what=st.one_of(words, words, documents),
        algorithm=algorithms,
        said=st.sampled_from(["right"] * 9 + [ABSENT, NONSENSE, "unsent"]),
    )
    def push_blob(
        self, asker: Asker, place: str, what: str | Document, algorithm: str, said: str
    ) -> MultipleResults[Blob]:
        """In one request, under its digest or another. One that is announced and not sent opens a session."""
        return self._push(asker, place, self.content(what), algorithm, said)

    @rule(
        target=blobs,
        takes=takers,
        blob=blobs,
        source=st.sampled_from([*["home"] * 8, *PLACES, "harbour/nothing-here", "NO NAME", ""]),
    )
    def mount(self, takes: tuple[Asker, str], blob: Blob, source: str) -> MultipleResults[Blob]:
        """From where it was pushed, or from somewhere else."""
        source = blob.place if source == "home" else source
        return self._mount(*takes, blob, self.names.get(source, source))

    @rule(target=blobs, takes=takers, blob=blobs)
    def mount_from_anywhere(self, takes: tuple[Asker, str], blob: Blob) -> MultipleResults[Blob]:
        """From where the hub finds it. Not what is in other examples too: the model does not know those."""
        source = self.names[blob.place] if blob.content in COMMON.values() else None
        return self._mount(*takes, blob, source)

    @rule(asker=askers, place=homes, blob=blobs)
    def delete_blob(self, asker: Asker, place: str, blob: Blob) -> None:
        place = blob.place if place == "home" else place
        ticket, name = self.ticket(asker, place), self.names[place]
        answer = self.model.delete_blob(ticket.token, name, blob.digest)
        self.send(answer, ticket, "DELETE", f"/v2/{name}/blobs/{blob.digest}")

    # -- what the rules share

    def piece(self, word: str) -> bytes:
        return self.content(word) if word else b""

    def received(self, upload: Upload) -> bytes:
        session = self.model.sessions.get(upload.id)
        return session.content if session else b""

    def at(self, upload: Upload, asker: Asker, place: str) -> tuple[Ticket, str, str]:
        """Who asks for an upload, in which repository, and its address there."""
        place = upload.place if place == "home" else place
        name = self.names[place]
        ticket = self.ticket(upload.opener if asker == OPENER else asker, place)
        return ticket, name, f"/v2/{name}/blobs/uploads/{upload.id}"

    def put(self, upload: Upload, asker: Asker, place: str, digest: str, piece: bytes, way: str) -> int:
        """The status of the answer; of the first that is a success, the request is remembered."""
        ticket, name, path = self.at(upload, asker, place)
        start, length, headers, body = self.placed(upload, piece, way)
        answer = self.model.finish(ticket.token, name, upload.id, digest, piece, start=start, length=length)
        self.send(answer, ticket, "PUT", f"{path}?digest={digest}", body, headers)
        if answer.status == 201:
            self.finishes.setdefault(upload.id, (digest, piece, way))
        return answer.status

    def placed(self, upload: Upload, piece: bytes, way: str) -> tuple[int | None, int, dict[str, str], Body]:
        """First byte and length as the piece says them, the headers that say so, and the body as it goes out."""
        if way == "streamed":
            return None, len(piece), {}, chunked(piece)
        if way == "plain" or not piece:
            return None, len(piece), {}, piece
        offset = len(self.received(upload))
        start = {"again": 0, "gap": offset + 1}.get(way, offset)
        length = len(piece) + (way == "lie")
        return start, length, {"Content-Range": f"{start}-{start + length - 1}"}, piece

    def _start(self, asker: Asker, place: str, algorithm: str) -> MultipleResults[Upload]:
        ticket, name = self.ticket(asker, place), self.names[place]
        answer = self.model.start(ticket.token, name, algorithm or "sha256")
        query = f"?digest-algorithm={algorithm}" if algorithm else ""
        response = self.send(answer, ticket, "POST", f"/v2/{name}/blobs/uploads/{query}")
        return self.opened(answer, response, ticket, asker, place)

    def _push(self, asker: Asker, place: str, content: bytes, algorithm: str, said: str) -> MultipleResults[Blob]:
        ticket = self.ticket(asker, place)
        digest = said if said in {ABSENT, NONSENSE} else digest_of(content, algorithm)
        answer, response = self.post(ticket, self.names[place], digest, b"" if said == "unsent" else content)
        self.opened(answer, response, ticket, asker, place)
        return multiple(Blob(content, digest, place)) if answer.status == 201 else multiple()

    def _mount(self, asker: Asker, place: str, blob: Blob, source: str | None) -> MultipleResults[Blob]:
        ticket, name = self.ticket(asker, place), self.names[place]
        answer = self.model.mount(ticket.token, name, blob.digest, source)
        query = f"?mount={blob.digest}" + ("" if source is None else f"&from={quote(source)}")
        response = self.send(answer, ticket, "POST", f"/v2/{name}/blobs/uploads/{query}")
        self.opened(answer, response, ticket, asker, place)
        return multiple(replace(blob, place=place)) if answer.status == 201 else multiple()
