"""A registry in dictionaries: what distribution-spec 1.1.1, its main branch and docs/protocol.md say, not how.

Every method is one request: it says what the answer has to be, and the dictionaries are afterwards as the registry has
to be. Digests are texts, names are full names, a token says who asks and how far it reaches.

    repositories   full name → blobs by digest, manifests by digest, tags → digest
    sessions       id → an upload: whose, where, the bytes so far
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tests.protocol.model.answers import Answer, Refused, request
from tests.protocol.model.contents import Repository, Session, Token, understood
from tests.protocol.model.grammar import ALGORITHMS, Span, algorithm_of, is_name, is_tag, page, parsed, places
from tests.registry import OCI_INDEX, digest_of

EVERYTHING = frozenset({"pull", "push", "delete"})


class Model:
    """`roles`: who → namespace → actions there. Who may do everything in a namespace makes repositories there by a
    push; in the namespaces of `public` everybody may pull."""

    def __init__(self, roles: dict[str, dict[str, frozenset[str]]], public: set[str]) -> None:
        self.roles, self.public = roles, public
        self.repositories: dict[str, Repository] = {}
        self.sessions: dict[str, Session] = {}

    # -- who may what

    def allowed(self, who: str, name: str) -> frozenset[str]:
        """The actions of somebody in a repository; in one that is not there, what its maker could do."""
        namespace = name.partition("/")[0]
        role = self.roles.get(who, {}).get(namespace, frozenset())
        if name not in self.repositories:
            return role if role == EVERYTHING else frozenset()
        return role | {"pull"} if namespace in self.public else role

    def grant(self, who: str, wanted: dict[str, frozenset[str]], *, lists: bool) -> Token:
        """The token service: what is wanted and allowed; the rest is left out without a word."""
        granted = {name: actions & self.allowed(who, name) for name, actions in wanted.items()}
        return Token(who, {name: actions for name, actions in granted.items() if actions}, lists)

    def enter(self, token: Token, name: str, action: str, *, creates: bool = False, also: str = "") -> Repository:
        """The repository, if the token and its holder's permission reach so far. Private is as absent."""
        needed = f"repository:{name}:{'pull,push' if action == 'push' else action}{also}"
        if action not in token.grants.get(name, ()) or action not in self.allowed(token.who, name):
            raise Refused(401, "UNAUTHORIZED", challenge=needed)
        if name not in self.repositories:
            if not creates:
                raise Refused(404, "NAME_UNKNOWN")
            self.repositories[name] = Repository()
        return self.repositories[name]

    # -- end-2, end-10: blobs

    @request
    def get_blob(self, token: Token, name: str, digest: str, *, spans: Sequence[Span] = (), fresh: str = "") -> Answer:
        content = _found(self.enter(token, name, "pull").blobs, digest, "BLOB_UNKNOWN")
        headers = {"Docker-Content-Digest": digest, "ETag": f'"{digest}"', "Accept-Ranges": "bytes"}
        if fresh == digest:
            return Answer(304, headers=headers)
        wanted = places(spans, len(content))
        if not wanted:
            return Answer(200, headers=headers | {"Content-Range": ""}, body=content)
        parts = tuple((f"bytes {a}-{b - 1}/{len(content)}", content[a:b]) for a, b in wanted)
        if len(parts) > 1:
            return Answer(206, headers=headers, parts=parts)
        place, part = parts[0]
        return Answer(206, headers=headers | {"Content-Range": place, "Content-Length": str(len(part))}, body=part)

    @request
    def delete_blob(self, token: Token, name: str, digest: str) -> Answer:
        """A blob that went with its manifest is out of sight already: to delete it as well is accepted."""
        repository = self.enter(token, name, "delete")
        if digest in repository.kept:
            return Answer(202, body=b"")
        _found(repository.blobs, digest, "BLOB_UNKNOWN")
        if repository.refers(digest):
            raise Refused(405, "UNSUPPORTED")
        content = repository.blobs.pop(digest)
        if any(digest in manifest.blobs for manifest in repository.deleted.values()):
            repository.kept[digest] = content
        return Answer(202, body=b"")

    # -- end-4, 5, 6, 11, 13, 14: uploads

    @request
    def start(self, token: Token, name: str, algorithm: str = "sha256") -> Answer:
        self.enter(token, name, "push", creates=True)
        if algorithm not in ALGORITHMS:
            raise Refused(400, "DIGEST_INVALID")
        return Answer(202, opens=name, body=b"")

    @request
    def post(self, token: Token, name: str, digest: str, body: bytes) -> Answer:
        """The whole blob at once; without a body only the empty blob is whole."""
        repository = self.enter(token, name, "push", creates=True)
        if not body and parsed(digest) != digest_of(b"", algorithm_of(digest)):
            return Answer(202, opens=name, body=b"")
        if parsed(digest) != digest_of(body, algorithm_of(digest)):
            raise Refused(400, "DIGEST_INVALID")
        return _created(repository, name, digest, body)

    @request
    def mount(self, token: Token, name: str, digest: str, source: str | None) -> Answer:
        """What cannot be mounted is pushed, for whatever reason; only a token that is too small may grow."""
        also = f" repository:{source}:pull" if source is not None and is_name(source) else ""
        repository = self.enter(token, name, "push", creates=True, also=also)
        readable = set(self.visible_to(token.who))
        if source in readable and "pull" not in token.grants.get(str(source), ()):
            raise Refused(401, "UNAUTHORIZED", challenge=f"repository:{name}:pull,push{also}")
        for other in readable if source is None else readable & {source}:
            if digest in self.repositories[other].blobs:
                return _created(repository, name, digest, self.repositories[other].blobs[digest])
        return Answer(202, opens=name, body=b"")

    def opened(self, token: Token, name: str, upload: str) -> None:
        """What the hub called the session that the last answer opened."""
        self.sessions[upload] = Session(token.who, name)

    @request
    def status(self, token: Token, name: str, upload: str) -> Answer:
        self.enter(token, name, "push")
        return _progress(204, name, upload, self._session(token, name, upload))

    @request
    def patch(self, token: Token, name: str, upload: str, piece: bytes, *, start: int | None, length: int) -> Answer:
        """A piece, for the place `start` if it says so, of the `length` that it says."""
        self.enter(token, name, "push")
        _agree(start, length, piece)
        session = self._receiving(token, name, upload, start)
        session.content += piece
        return _progress(202, name, upload, session)

    @request
    def finish(
        self, token: Token, name: str, upload: str, digest: str, piece: bytes, *, start: int | None, length: int
    ) -> Answer:
        """The last piece, if there is one, and the end. To finish once more, after a lost answer, is a success, as long
        as the blob is here; the session itself belongs to nobody any more, so that is asked of nobody."""
        repository = self.enter(token, name, "push")
        parsed(digest)
        _agree(start, length, piece)
        session = self.sessions.get(upload)
        if session and session.became == digest and digest in repository.blobs:
            return _created(repository, name, digest, repository.blobs[digest])
        session = self._receiving(token, name, upload, start)
        content = session.content + piece
        if digest_of(content, algorithm_of(digest)) != digest:
            del self.sessions[upload]
            raise Refused(400, "DIGEST_INVALID")
        session.became = digest
        return _created(repository, name, digest, content)

    @request
    def cancel(self, token: Token, name: str, upload: str) -> Answer:
        self.enter(token, name, "push")
        self._session(token, name, upload)
        del self.sessions[upload]
        return Answer(204, body=b"")

    def _session(self, token: Token, name: str, upload: str) -> Session:
        """An open session of whoever asks, in this repository."""
        session = self.sessions.get(upload)
        if session is None or session.became or (session.owner, session.name) != (token.who, name):
            raise Refused(404, "BLOB_UPLOAD_UNKNOWN")
        return session

    def _receiving(self, token: Token, name: str, upload: str, start: int | None) -> Session:
        session = self._session(token, name, upload)
        if start not in {None, len(session.content)}:
            headers = _progress(416, name, upload, session).headers
            raise Refused(416, "BLOB_UPLOAD_INVALID", headers=headers)
        return session

    # -- end-3, end-7, end-9: manifests

    @request
    def get_manifest(self, token: Token, name: str, reference: str, *, fresh: str = "") -> Answer:
        repository = self.enter(token, name, "pull")
        digest = parsed(reference) if ":" in reference else _found(repository.tags, reference, "MANIFEST_UNKNOWN")
        manifest = _found(repository.manifests, digest, "MANIFEST_UNKNOWN")
        headers = {"Docker-Content-Digest": digest, "ETag": f'"{digest}"'}
        if fresh == digest:
            return Answer(304, headers=headers)
        return Answer(200, headers=headers | {"Content-Type": manifest.media_type}, body=manifest.body)

    @request
    def put_manifest(
        self, token: Token, name: str, reference: str, body: bytes, media_type: str, tags: Sequence[str] = ()
    ) -> Answer:
        repository = self.enter(token, name, "push", creates=True)
        by_digest = ":" in reference
        digest = parsed(reference) if by_digest else digest_of(body)
        names = list(dict.fromkeys(tags)) if by_digest else [reference]
        if not all(map(is_tag, names)):
            raise Refused(400, "NAME_INVALID")
        if digest_of(body, algorithm_of(digest)) != digest:
            raise Refused(400, "DIGEST_INVALID")
        manifest = understood(repository, body, media_type)
        if digest in repository.manifests:  # it refers to what it referred to
            manifest = replace(repository.manifests[digest], media_type=media_type)
        repository.manifests[digest] = manifest
        repository.deleted.pop(digest, None)
        repository.show(manifest.blobs)
        repository.tags |= dict.fromkeys(names, digest)
        headers = {
            "Location": f"/v2/{name}/manifests/{reference}",
            "Docker-Content-Digest": digest,
            "OCI-Subject": manifest.subject,
            "OCI-Tag": ", ".join(names) if by_digest else "",
        }
        return Answer(201, headers=headers, body=b"")

    @request
    def delete_manifest(self, token: Token, name: str, reference: str) -> Answer:
        """A tag goes alone. A digest goes with its tags, and what only it referred to is not seen any more."""
        repository = self.enter(token, name, "delete")
        if ":" not in reference:
            _found(repository.tags, reference, "MANIFEST_UNKNOWN")
            del repository.tags[reference]
            return Answer(202, body=b"")
        manifest = _found(repository.manifests, parsed(reference), "MANIFEST_UNKNOWN")
        if any(reference in other.children for other in repository.manifests.values()):
            raise Refused(405, "UNSUPPORTED")
        repository.deleted[reference] = repository.manifests.pop(reference)
        repository.tags = {tag: digest for tag, digest in repository.tags.items() if digest != reference}
        repository.hide(digest for digest in manifest.blobs if not repository.refers(digest))
        return Answer(202, body=b"")

    # -- end-8, end-12, and the catalogue: lists

    @request
    def list_tags(self, token: Token, name: str, *, n: int | None = None, last: str = "") -> Answer:
        tags = self.enter(token, name, "pull").tags
        found, more = page([tag for tag in sorted(tags) if tag > last], n)
        return Answer(200, document={"name": name, "tags": found}, more=more)

    @request
    def list_referrers(self, token: Token, name: str, digest: str, types: Sequence[str] = ()) -> Answer:
        """The order is nowhere defined: here, that of the digests. What is not there has no referrers."""
        try:
            manifests = self.enter(token, name, "pull").manifests
        except Refused as refused:
            if refused.answer.status != 404:
                raise
            manifests = {}
        found = [
            manifest.described(key) for key, manifest in sorted(manifests.items()) if manifest.subject == parsed(digest)
        ]
        shown = [item for item in found if not types or item.get("artifactType") in types]
        headers = {"Content-Type": OCI_INDEX, "OCI-Filters-Applied": "artifactType" if types else ""}
        return Answer(200, headers=headers, document={"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": shown})

    @request
    def list_repositories(self, token: Token) -> Answer:
        """The hub has more repositories than the model: only those of `visible_to` can be compared."""
        if not token.lists:
            raise Refused(401, "UNAUTHORIZED", challenge="registry:catalog:*")
        return Answer(200)

    def visible_to(self, who: str) -> list[str]:
        """What somebody may pull, in byte order."""
        return sorted(name for name in self.repositories if "pull" in self.allowed(who, name))


def _found(things: dict[str, Any], key: str, code: str) -> Any:
    if ":" in key:
        parsed(key)
    if key not in things:
        raise Refused(404, code)
    return things[key]


def _agree(start: int | None, length: int, piece: bytes) -> None:
    """Content-Range, if there is one, and the length. Errors: Refused."""
    if start is not None and length != len(piece):
        raise Refused(400, "SIZE_INVALID")


def _created(repository: Repository, name: str, digest: str, content: bytes) -> Answer:
    repository.kept.pop(digest, None)
    repository.blobs[digest] = content
    headers = {"Location": f"/v2/{name}/blobs/{digest}", "Docker-Content-Digest": digest}
    return Answer(201, headers=headers, body=b"")


def _progress(status: int, name: str, upload: str, session: Session) -> Answer:
    """0-0 stands for no byte and for one."""
    headers = {
        "Location": f"/v2/{name}/blobs/uploads/{upload}",
        "Docker-Upload-UUID": upload,
        "Range": f"0-{max(len(session.content) - 1, 0)}",
    }
    return Answer(status, headers=headers, body=b"")
