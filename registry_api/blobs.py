"""end-2 and end-10: read, examine and delete blobs."""

from __future__ import annotations

from typing import ClassVar

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from registry_api import ranges
from registry_api.base import DELETE, PULL, RepositoryView, empty, is_cached
from registry_api.ranges import ByteRange
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
        part = _part(request, facts)
        whole = ByteRange(0, facts.size)
        stream = blobs.read(facts, (part or whole).start, (part or whole).stop)
        if part is not None:
            headers["Content-Range"] = part.content_range(facts.size)
        headers["Content-Length"] = str((part or whole).length)
        return StreamingHttpResponse(stream, status=206 if part else 200, headers=headers)

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


def _part(request: HttpRequest, facts: BlobFacts) -> ByteRange | None:
    """The wanted part; a Range whose If-Range names another version is no wish for a part. Errors: Refusal (416)."""
    if request.headers.get("If-Range", f'"{facts.digest}"') != f'"{facts.digest}"':
        return None
    return ranges.wanted(request.headers.get("Range", ""), facts.size)
