"""end-2 and end-10: read, examine and delete blobs."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from registry_api import ranges
from registry_api.base import DELETE, PULL, RepositoryView, empty, is_cached
from registry_api.ranges import ByteRange, Multipart
from repositories import blobs
from repositories.access import Access, Action
from repositories.blobs import BlobFacts
from repositories.oci import digests

_YEAR = 31_536_000


class BlobView(RepositoryView):
    needs: ClassVar = {"GET": PULL, "HEAD": PULL, "DELETE": DELETE}

    def get(self, request: HttpRequest, access: Access, digest: str) -> HttpResponseBase:
        facts = blobs.find(access.repository, digests.parse(digest))
        headers = _headers(facts, access)
        if is_cached(request, facts.digest):
            return empty(304, headers)
        parts = _parts(request, facts)
        if address := blobs.address(facts):
            return _elsewhere(facts, address)
        if len(parts) > 1:
            return _several(facts, parts, headers)
        return _one(facts, parts[0] if parts else None, headers)

    def head(self, request: HttpRequest, access: Access, digest: str) -> HttpResponse:
        pushing = access.may(Action.PUSH) and self.token_allows(self.name, Action.PUSH)
        facts = blobs.find(access.repository, digests.parse(digest), pushing=pushing)
        headers = _headers(facts, access)
        if is_cached(request, facts.digest):
            return empty(304, headers)
        return HttpResponse(headers={**headers, "Content-Length": str(facts.size)})

    def delete(self, request: HttpRequest, access: Access, digest: str) -> HttpResponse:
        blobs.unlink(access, digests.parse(digest))
        return empty(202, {})


def _headers(facts: BlobFacts, access: Access) -> dict[str, str]:
    """A blob never changes; a browser that is led to one shows nothing of it."""
    audience = "private" if access.repository.is_private else "public"
    return {
        "Content-Type": "application/octet-stream",
        "Docker-Content-Digest": str(facts.digest),
        "ETag": f'"{facts.digest}"',
        "Accept-Ranges": "bytes",
        "Cache-Control": f"{audience}, max-age={_YEAR}, immutable",
        "Content-Disposition": "attachment",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }


def _elsewhere(facts: BlobFacts, address: str) -> HttpResponse:
    """To the object store, which takes the client's Range too. The address is a key for a while: nobody keeps it."""
    headers = {"Location": address, "Docker-Content-Digest": str(facts.digest), "Cache-Control": "no-store"}
    return empty(307, headers)


def _parts(request: HttpRequest, facts: BlobFacts) -> list[ByteRange]:
    """The wanted parts; a Range whose If-Range names another version is no wish for any. Errors: Refusal (416)."""
    if request.headers.get("If-Range", f'"{facts.digest}"') != f'"{facts.digest}"':
        return []
    return ranges.wanted(request.headers.get("Range", ""), facts.size)


def _one(facts: BlobFacts, part: ByteRange | None, headers: dict[str, str]) -> HttpResponseBase:
    """One part, or with None all of it."""
    wanted = part or ByteRange(0, facts.size)
    stream = blobs.read(facts, wanted.start, wanted.stop)
    if part:
        headers["Content-Range"] = part.content_range(facts.size)
    headers["Content-Length"] = str(wanted.length)
    return StreamingHttpResponse(stream, status=206 if part else 200, headers=headers)


def _several(facts: BlobFacts, parts: list[ByteRange], headers: dict[str, str]) -> HttpResponseBase:
    """Parts as one body. They are opened one by one: what goes wrong later cuts the body short of its length."""
    blobs.require_whole(facts)
    document = Multipart(parts, facts.size, boundary=uuid4().hex)
    stream = document.body(lambda part: blobs.read(facts, part.start, part.stop))
    headers |= {"Content-Type": document.content_type, "Content-Length": str(document.length)}
    return StreamingHttpResponse(stream, status=206, headers=headers)
