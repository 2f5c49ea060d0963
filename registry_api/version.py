"""end-1: does the registry speak this protocol, and is the client's token good?"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from registry_api.base import RegistryView
from registry_api.errors import Answer, Code, Refusal


class VersionView(RegistryView):
    """Always a challenge without a token, also where anybody may pull: clients learn of the token service only here."""

    def get(self, request: HttpRequest) -> HttpResponse:
        self.require_caller(request)
        return HttpResponse(b"{}", content_type="application/json")


class NowhereView(RegistryView):
    """Everything below /v2/ that is no endpoint: a name outside the grammar, or an extension that is not here."""

    def handle(self, request: HttpRequest, **kwargs: object) -> HttpResponse:
        path = request.path_info.removeprefix("/v2/")
        if all(part and part.isprintable() and part == part.lower() for part in path.split("/")):
            raise Refusal(Answer(404, Code.UNSUPPORTED, "The registry has no such endpoint."))
        raise Refusal(Answer(400, Code.NAME_INVALID, "This is not the name of a repository."))
