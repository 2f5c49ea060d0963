"""end-8: list the tags of a repository."""

from __future__ import annotations

from typing import ClassVar

from django.http import HttpRequest, JsonResponse

from registry_api import pagination
from registry_api.base import PULL, RepositoryView
from repositories import tags
from repositories.access import Access


class TagsView(RepositoryView):
    needs: ClassVar = {"GET": PULL, "HEAD": PULL}

    def get(self, request: HttpRequest, access: Access) -> JsonResponse:
        page = pagination.parse(request.GET)
        found, more = tags.names_after(access.repository, last=page.last, limit=page.limit)
        response = JsonResponse({"name": self.name, "tags": found})
        if found and more:
            response["Link"] = pagination.link(self.address("tags/list"), page, found[-1])
        return response
