"""end-4, 5, 6, 11, 13 and 14: push blobs, in one piece, in chunks, as a stream, or by mounting."""

from __future__ import annotations

from typing import ClassVar

from django.http import HttpRequest, HttpResponse

from registry_api import errors, ranges
from registry_api.auth import scopes
from registry_api.auth.scopes import Scope
from registry_api.base import CREATE, PUSH, Need, RepositoryView, content_length, empty
from registry_api.errors import Answer, Refusal
from repositories import access as rights
from repositories import blobs, uploads
from repositories.access import Access, Action
from repositories.errors import DigestInvalid, NameInvalid, RangeInvalid, RepositoryUnknown, SizeInvalid
from repositories.oci import digests, names
from repositories.oci.digests import Digest
from repositories.uploads import Session


class _PushView(RepositoryView):
    """What the answers of a push look like."""

    def created(self, digest: Digest) -> HttpResponse:
        headers = {"Location": self.address("blobs", digest), "Docker-Content-Digest": str(digest)}
        return empty(201, headers)

    def progress(self, session: Session, *, status: int) -> HttpResponse:
        """`Range` is never empty: 0-0 stands for no byte and for one."""
        return empty(status, {**self.place(session.id), "Range": f"0-{max(session.offset - 1, 0)}"})

    def place(self, upload_id: str) -> dict[str, str]:
        return {"Location": self.address("blobs/uploads", upload_id), "Docker-Upload-UUID": upload_id}


class UploadsView(_PushView):
    """Where pushes begin."""

    needs: ClassVar = {"POST": CREATE}

    def post(self, request: HttpRequest, access: Access) -> HttpResponse:
        query = request.GET
        if "mount" in query:
            mounted = self.mount(access, query["mount"], query.get("from"))
            return self.created(mounted) if mounted else self.progress(uploads.start(access), status=202)
        if "digest" in query:
            return self.push(request, access, digests.parse(query["digest"]))
        algorithm = query.get("digest-algorithm") or "sha256"
        return self.progress(uploads.start(access, algorithm=algorithm), status=202)

    def scopes_for(self, request: HttpRequest, need: Need) -> tuple[Scope, ...]:
        """A mount also reads; a client that is challenged once gets a token for both, if its holder may have it."""
        wanted = super().scopes_for(request, need)
        try:
            names.repository(request.GET["from"])
        except (KeyError, NameInvalid):
            return wanted
        return (*wanted, scopes.repository(request.GET["from"], Action.PULL))

    def push(self, request: HttpRequest, access: Access, digest: Digest) -> HttpResponse:
        """end-4b: the whole blob in the first request. Without a body only the empty blob is whole."""
        session = uploads.start(access, algorithm=digest.algorithm)
        length = content_length(request)
        if length == 0 and digest != digests.compute(b"", digest.algorithm):
            return self.progress(session, status=202)
        stream = None if length == 0 else request
        return self.created(uploads.finish(access, session.id, digest, stream=stream, length=length, start=None))

    def mount(self, access: Access, mount: str, source: str | None) -> Digest | None:
        """end-11: the digest when it is here now. Whatever cannot be mounted is simply pushed, for whatever reason.

        Errors: Refusal (401, both scopes) when the token does not reach the source and its holder does.
        """
        try:
            digest = digests.parse(mount)
            found = self.source(source) if source is not None else None
        except (DigestInvalid, NameInvalid, RepositoryUnknown):
            return None
        return digest if blobs.mount(access, digest, source=found) else None

    def source(self, name: str) -> Access:
        """The repository to mount from, as the caller may use it. Errors: Refusal, NameInvalid, RepositoryUnknown."""
        found = rights.find(names.repository(name), self.token.caller)
        if not self.token_allows(name, Action.PULL):
            raise Refusal(errors.INSUFFICIENT_SCOPE)
        return found


class UploadView(_PushView):
    """One upload. Any location that it ever had leads here: its state is not in the address."""

    needs: ClassVar = {"GET": PUSH, "HEAD": PUSH, "PATCH": PUSH, "PUT": PUSH, "DELETE": PUSH}

    def get(self, request: HttpRequest, access: Access, upload: str) -> HttpResponse:
        return self.progress(uploads.status(access, upload), status=204)

    def patch(self, request: HttpRequest, access: Access, upload: str) -> HttpResponse:
        length, start = _announced(request)
        return self.progress(uploads.append(access, upload, request, length=length, start=start), status=202)

    def put(self, request: HttpRequest, access: Access, upload: str) -> HttpResponse:
        digest = digests.parse(request.GET.get("digest", ""))
        length, start = _announced(request)
        stream = None if length == 0 else request
        return self.created(uploads.finish(access, upload, digest, stream=stream, length=length, start=start))

    def delete(self, request: HttpRequest, access: Access, upload: str) -> HttpResponse:
        uploads.cancel(access, upload)
        return empty(204, {})

    def answer_for(self, error: Exception) -> Answer:
        """After a chunk out of order the session lives: say where."""
        answer = super().answer_for(error)
        if not isinstance(error, RangeInvalid):
            return answer
        headers = {**answer.headers, **self.place(error.upload_id)}
        return Answer(answer.status, answer.code, answer.message, headers=headers)


def _announced(request: HttpRequest) -> tuple[int | None, int | None]:
    """Length and first byte of the piece. Errors: Refusal, SizeInvalid when Content-Range and the length disagree."""
    length = content_length(request)
    header = request.headers.get("Content-Range")
    if not header:
        return length, None
    part = ranges.chunk(header)
    if length is not None and length != part.length:
        raise SizeInvalid(part.length, length)
    return part.length, part.start
