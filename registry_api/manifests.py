"""end-3, 7 and 9: read, push and delete manifests, by tag or by digest."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from registry_api.base import CREATE, DELETE, PULL, RepositoryView, content_length, empty, household_of, is_cached
from registry_api.errors import Answer, Code, Refusal, limit_headers
from repositories import manifests, tags
from repositories.access import Access
from repositories.errors import ManifestTooLarge, NameInvalid, SizeInvalid, TagUnknown
from repositories.manifests import Pulled
from repositories.oci import digests, names
from repositories.oci.digests import Digest
from repositories.oci.names import Tag

_YEAR = 31_536_000
_MOST_TAGS = 100


class ManifestView(RepositoryView):
    needs: ClassVar = {"GET": PULL, "HEAD": PULL, "PUT": CREATE, "DELETE": DELETE}

    def get(self, request: HttpRequest, access: Access, reference: str) -> HttpResponse:
        """The stored bytes under their stored type, whatever Accept says."""
        wanted = _existing(reference)
        pulled = manifests.pull(access, wanted, address=household_of(request), is_free=partial(_is_free, request))
        found, headers = pulled.manifest, _headers(access, wanted, pulled)
        if is_cached(request, found.digest):
            return empty(304, headers)
        return HttpResponse(bytes(found.payload), content_type=found.media_type, headers=headers)

    def put(self, request: HttpRequest, access: Access, reference: str) -> HttpResponse:
        target = digests.parse(reference) if ":" in reference else names.tag(reference)
        more = _tags(request) if isinstance(target, Digest) else []
        media_type = request.META.get("CONTENT_TYPE", "").partition(";")[0].strip()
        stored = manifests.put(access, target, _body(request), media_type=media_type, tags=more)
        place = stored.digest if isinstance(target, Digest) else target
        headers = {"Location": self.address("manifests", place), "Docker-Content-Digest": str(stored.digest)}
        if stored.subject is not None:
            headers["OCI-Subject"] = str(stored.subject)
        if more:
            headers["OCI-Tag"] = ", ".join(stored.tags)
        return empty(201, headers)

    def delete(self, request: HttpRequest, access: Access, reference: str) -> HttpResponse:
        """A tag goes alone; a digest goes with all of its tags."""
        target = _existing(reference)
        if isinstance(target, Digest):
            manifests.delete(access, target)
        else:
            tags.untag(access, target)
        return empty(202, {})


def _is_free(request: HttpRequest, digest: Digest) -> bool:
    """Whether the answer is not a pull: its head alone, or 304."""
    return request.method == "HEAD" or is_cached(request, digest)


def _headers(access: Access, wanted: Tag | Digest, pulled: Pulled) -> dict[str, str]:
    """What is said of a manifest; and, where pulls are limited, to this client alone, how many are left."""
    digest, left = pulled.manifest.digest, pulled.allowance
    audience = "private" if access.repository.is_private or left else "public"
    freshness = f"max-age={_YEAR}, immutable" if isinstance(wanted, Digest) else "no-cache"
    return {
        "Docker-Content-Digest": str(digest),
        "ETag": f'"{digest}"',
        "Cache-Control": f"{audience}, {freshness}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        **(limit_headers(left.limit, left.window, left.remaining, left.source) if left else {}),
    }


def _existing(reference: str) -> Tag | Digest:
    """A reference to something that is here. Errors: DigestInvalid; TagUnknown, as nothing has an illegal tag."""
    if ":" in reference:
        return digests.parse(reference)
    try:
        return names.tag(reference)
    except NameInvalid as error:
        raise TagUnknown(reference) from error


def _tags(request: HttpRequest) -> list[Tag]:
    """end-7b: the tags to point to the manifest as well. Errors: NameInvalid; Refusal (414)."""
    wanted = request.GET.getlist("tag")
    if len(wanted) > _MOST_TAGS:
        raise Refusal(Answer(414, Code.UNSUPPORTED, f"One request sets at most {_MOST_TAGS} tags."))
    return [names.tag(name) for name in dict.fromkeys(wanted)]


def _body(request: HttpRequest) -> bytes:
    """The whole document. Errors: ManifestTooLarge, before more than the limit is read; SizeInvalid."""
    limit = settings.HUB_MAX_MANIFEST_BYTES
    announced = content_length(request)
    if announced is not None and announced > limit:
        raise ManifestTooLarge(limit)
    body = bytearray()
    while block := request.read(limit + 1 - len(body)):
        body += block
        if len(body) > limit:
            raise ManifestTooLarge(limit)
    if announced is not None and announced != len(body):
        raise SizeInvalid(announced, len(body))
    return bytes(body)
