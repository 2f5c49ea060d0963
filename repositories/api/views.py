"""REST of repositories, tags and usage."""

from __future__ import annotations

from functools import partial
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from accounts import namespaces
from accounts.api.base import BODY_REFUSALS, ApiView, operation
from accounts.api.pagination import rows_of
from accounts.api.views import namespace_at
from accounts.roles import CONTENT_ROLES
from accounts.scopes import TokenScope
from repositories import access as permissions
from repositories import catalog, quotas, tags
from repositories.access import Access
from repositories.api.serializers import (
    ConfirmationSerializer,
    ListedRepositorySerializer,
    NewRepositorySerializer,
    RepositoryChangeSerializer,
    RepositoryQuerySerializer,
    RepositorySerializer,
    TagQuerySerializer,
    TagSerializer,
    UsageSerializer,
)
from repositories.errors import NameInvalid, RepositoryUnknown, TagUnknown
from repositories.oci import names


class RepositoryView(ApiView):
    """A view below a repository's address."""

    group = "Repositories"

    def access_to(self, name: str) -> Access:
        """The repository at an address. Errors: RepositoryUnknown, also for what can be no name."""
        try:
            full_name = names.repository(name)
        except NameInvalid as error:
            raise RepositoryUnknown(name) from error
        return permissions.find(full_name, self.caller)


class Repositories(ApiView):
    group = "Repositories"

    @operation(answers=ListedRepositorySerializer, many=True, asks=RepositoryQuerySerializer, identity=False)
    def get(self, request: Request) -> Response:
        """List repositories

        What you may pull, the latest push first: public ones, and the private ones you have a right to.
        """
        asked = self.query()
        order, query, namespace = asked.pop("sort"), asked.pop("q"), asked.pop("namespace", None)
        found = catalog.search(self.caller, query=query, namespace=namespace, order=order)
        return self.pages(rows_of(found), **asked)

    @operation(
        takes=NewRepositorySerializer,
        answers=RepositorySerializer,
        status=201,
        scope=TokenScope.WRITE,
        refuses=("namespace_unknown", "role_denied", "name_invalid", "repository_exists", "quota_exceeded"),
    )
    def post(self, request: Request) -> Response:
        """Create a repository

        In a namespace where you are owner or editor. Pushing to a name that does not exist creates it, too.
        """
        return self.answer(catalog.create(self.caller, **self.body()))


class RepositoryDetail(RepositoryView):
    @operation(answers=RepositorySerializer, identity=False, refuses=("repository_unknown",))
    def get(self, request: Request, repository: str) -> Response:
        """Read a repository"""
        return self.answer(self.access_to(repository).repository)

    @operation(
        takes=RepositoryChangeSerializer,
        answers=RepositorySerializer,
        scope=TokenScope.ADMIN,
        refuses=("repository_unknown", "access_denied", "quota_exceeded"),
    )
    def patch(self, request: Request, repository: str) -> Response:
        """Change a repository

        What is left out stays as it is.
        """
        return self.answer(catalog.change(self.access_to(repository), **self.body()))

    @operation(
        asks=ConfirmationSerializer,
        status=204,
        scope=TokenScope.ADMIN,
        refuses=("repository_unknown", "access_denied", "confirmation_mismatch", *BODY_REFUSALS),
    )
    def delete(self, request: Request, repository: str) -> Response:
        """Delete a repository

        With all its tags and images, for good.
        """
        catalog.delete(self.access_to(repository), confirm=self.query()["confirm"])
        return Response(status=204)

    def query(self) -> dict[str, Any]:
        """The confirmation may come as a JSON body; many programs cannot send one with DELETE, so also as a query."""
        body = self.raw_body()
        asked = self.request.query_params.dict()
        return self.checked(ConfirmationSerializer, {**body, **asked} if isinstance(body, dict) else body)


class Tags(RepositoryView):
    group = "Tags"

    @operation(
        answers=TagSerializer, many=True, asks=TagQuerySerializer, identity=False, refuses=("repository_unknown",)
    )
    def get(self, request: Request, repository: str) -> Response:
        """List tags

        The latest pushed first.
        """
        asked = self.query()
        found = partial(_tag_rows, self.access_to(repository), asked.pop("q"))
        return self.pages(found, **asked)


class TagDetail(RepositoryView):
    group = "Tags"

    @operation(answers=TagSerializer, identity=False, refuses=("repository_unknown", "tag_unknown"))
    def get(self, request: Request, repository: str, tag: str) -> Response:
        """Read a tag"""
        return self.answer(tags.find(self.access_to(repository), _tag(tag)))

    @operation(status=204, scope=TokenScope.ADMIN, refuses=("repository_unknown", "access_denied", "tag_unknown"))
    def delete(self, request: Request, repository: str, tag: str) -> Response:
        """Delete a tag

        With the images that only this tag reached; the space is free again at once.
        """
        tags.remove(self.access_to(repository), _tag(tag))
        return Response(status=204)


class Usage(ApiView):
    group = "Namespaces"

    @operation(
        answers=UsageSerializer, scope=TokenScope.READ, unlimited=True, refuses=("namespace_unknown", "role_denied")
    )
    def get(self, request: Request, namespace: str) -> Response:
        """Read what a namespace uses

        For its owners and editors.
        """
        found = namespace_at(namespace)
        namespaces.require_role(found, self.caller, CONTENT_ROLES)
        return self.answer(quotas.usage_of(found))


def _tag(name: str) -> names.Tag:
    """The tag at an address. Errors: TagUnknown, also for what can be no tag."""
    try:
        return names.tag(name)
    except NameInvalid as error:
        raise TagUnknown(name) from error


def _tag_rows(access: Access, query: str, offset: int, limit: int) -> tuple[list[tags.TagRow], int]:
    return tags.rows(access, query=query, offset=offset, limit=limit)
