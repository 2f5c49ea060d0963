"""The public keys of this hub's bearer tokens, so that other registries can take it as their token server."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse

from accounts import keys
from registry_api.base import RegistryView


class KeysView(RegistryView):
    """A JWK set (RFC 7517, 5). A new key is in it from its first signature on, a retiring one until its last."""

    def get(self, request: HttpRequest) -> JsonResponse:
        response = JsonResponse({"keys": keys.published()}, content_type="application/jwk-set+json")
        response["Cache-Control"] = "public, max-age=60"
        return response
