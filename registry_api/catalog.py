"""`GET /v2/_catalog`, from before the specification: the repositories that the caller may pull."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse

from registry_api import errors, pagination
from registry_api.auth import scopes
from registry_api.base import RegistryView
from registry_api.errors import Refusal
from repositories import catalog


class CatalogView(RegistryView):
    challenged = (scopes.WHOLE_CATALOG,)

    def get(self, request: HttpRequest) -> JsonResponse:
        token = self.require_caller(request)
        if not scopes.allow(token.access, scopes.WHOLE_CATALOG):
            raise Refusal(errors.INSUFFICIENT_SCOPE)
        page = pagination.parse(request.GET)
        found, more = catalog.names_after(token.caller, last=page.last, limit=page.limit)
        response = JsonResponse({"repositories": found})
        if found and more:
            response["Link"] = pagination.link("/v2/_catalog", page, found[-1])
        return response
