"""Discovery of extensions (distribution-spec, "extensions/_oci"): what is offered beyond the specification's endpoints,
by the registry and by a repository.
"""

from __future__ import annotations

from typing import ClassVar

from django.http import HttpRequest, JsonResponse

from registry_api.base import PULL, RegistryView, RepositoryView
from repositories.access import Access

_DISCOVERY = {
    "name": "_oci",
    "url": "https://github.com/opencontainers/distribution-spec/blob/main/extensions/_oci.md",
    "description": "Lists the extensions.",
    "endpoints": ["_oci/ext/discover"],
}
_CATALOG = {
    "name": "_catalog",
    "url": "https://distribution.github.io/distribution/spec/api/#catalog",
    "description": "Lists the repositories that the caller may pull, in pages by n and last.",
    "endpoints": ["_catalog"],
}


class ExtensionsView(RegistryView):
    """Any valid token will do, as for end-1."""

    def get(self, request: HttpRequest) -> JsonResponse:
        self.require_caller(request)
        return JsonResponse({"extensions": [_DISCOVERY, _CATALOG]})


class RepositoryExtensionsView(RepositoryView):
    needs: ClassVar = {"GET": PULL, "HEAD": PULL}

    def get(self, request: HttpRequest, access: Access) -> JsonResponse:
        return JsonResponse({"extensions": [_DISCOVERY]})
