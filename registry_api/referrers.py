"""end-12: list what refers to a manifest, such as signatures. Never 404: what is not there has no referrers."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from registry_api import pagination
from registry_api.base import PULL, RepositoryView
from registry_api.pagination import Page
from repositories import referrers
from repositories.access import Access
from repositories.errors import RepositoryUnknown
from repositories.oci import digests
from repositories.oci.mediatypes import OCI_INDEX

#: Clients stop reading at 4 MiB.
_MOST_BYTES = 3 * 2**20


class ReferrersView(RepositoryView):
    needs: ClassVar = {"GET": PULL, "HEAD": PULL}

    def handle(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        """A repository that a push of the caller would create answers as an empty one does."""
        try:
            return super().handle(request, **kwargs)
        except RepositoryUnknown as error:
            if not error.in_reach:
                raise
            digests.parse(kwargs["digest"])
            return _index([], _types(request))

    def get(self, request: HttpRequest, access: Access, digest: str) -> HttpResponse:
        subject, types = digests.parse(digest), _types(request)
        page = pagination.parse(request.GET)
        found = referrers.of(access.repository, subject, artifact_types=types)
        shown, more = _cut(found, page)
        response = _index(shown, types)
        if more:
            keep = {"artifactType": types} if types else {}
            path = self.address("referrers", subject)
            response["Link"] = pagination.link(path, page, shown[-1]["digest"], **keep)
        return response


def _types(request: HttpRequest) -> list[str]:
    """The wanted artifact types; several mean any of them, none means all."""
    return [name for name in request.GET.getlist("artifactType") if name and "\0" not in name]


def _cut(found: list[dict[str, Any]], page: Page) -> tuple[list[dict[str, Any]], bool]:
    """The descriptors of one page, at least one, and whether more follow."""
    places = [place for place, item in enumerate(found) if item["digest"] == page.last]
    rest = found[places[0] + 1 :] if places else found
    shown: list[dict[str, Any]] = []
    room = _MOST_BYTES
    for item in rest[: page.limit]:
        room -= len(json.dumps(item)) + 2
        if room < 0 and shown:
            break
        shown.append(item)
    return shown, bool(shown) and len(shown) < len(rest)


def _index(manifests: list[dict[str, Any]], types: list[str]) -> HttpResponse:
    document = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests}
    response = HttpResponse(json.dumps(document), content_type=OCI_INDEX)
    if types:
        response["OCI-Filters-Applied"] = "artifactType"
    return response
