"""REST of namespaces and personal access tokens."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from accounts import names, namespaces, tokens
from accounts.api.base import ApiView, operation
from accounts.api.pagination import PageQuerySerializer, rows_of
from accounts.api.serializers import (
    IssuedTokenSerializer,
    NamespaceSerializer,
    NewTokenSerializer,
    TokenSerializer,
)
from accounts.errors import NameInvalid, NamespaceUnknown
from accounts.models import Namespace
from accounts.roles import Role
from accounts.scopes import TokenScope


def namespace_at(name: str) -> Namespace:
    """The namespace that an address names. Errors: NamespaceUnknown, also for what can be no name."""
    try:
        return namespaces.find(names.check(name, reserved_allowed=True))
    except NameInvalid as error:
        raise NamespaceUnknown(name) from error


class NamespaceView(ApiView):
    group = "Namespaces"

    def get_serializer_context(self) -> dict[str, Any]:
        """Adds `roles`: the caller's role by namespace, the strongest last so that it stays."""
        weakest_first = reversed(Role)
        roles = {
            key: role
            for role in weakest_first
            for key in namespaces.of_user(self.caller, (role,)).values_list("pk", flat=True)
        }
        return {**super().get_serializer_context(), "roles": roles}


class Namespaces(NamespaceView):
    @operation(answers=NamespaceSerializer, many=True, asks=PageQuerySerializer)
    def get(self, request: Request) -> Response:
        """List your namespaces

        Every namespace where you have a role, your own first.
        """
        return self.pages(rows_of(namespaces.of_user(self.caller, tuple(Role))), **self.query())


class NamespaceDetail(NamespaceView):
    @operation(answers=NamespaceSerializer, identity=False, refuses=("namespace_unknown",))
    def get(self, request: Request, namespace: str) -> Response:
        """Read a namespace

        Names and kinds of namespaces are public; the rest is for those with a role.
        """
        return self.answer(namespace_at(namespace))


class Tokens(ApiView):
    group = "Access tokens"

    @operation(answers=TokenSerializer, many=True, asks=PageQuerySerializer, scope=TokenScope.ADMIN, unlimited=True)
    def get(self, request: Request) -> Response:
        """List your access tokens

        The newest first, expired ones included, revoked ones not.
        """
        return self.pages(rows_of(tokens.of_user(self.caller)), **self.query())

    @operation(
        takes=NewTokenSerializer,
        answers=IssuedTokenSerializer,
        status=201,
        scope=TokenScope.ADMIN,
        unlimited=True,
        refuses=("token_invalid",),
    )
    def post(self, request: Request) -> Response:
        """Create an access token

        The answer shows the token; nothing shows it again.
        """
        row, token = tokens.issue(self.user, **self.body())
        return self.answer({**TokenSerializer(row).data, "token": token})


class TokenDetail(ApiView):
    group = "Access tokens"

    @operation(status=204, scope=TokenScope.ADMIN, unlimited=True, refuses=("token_unknown",))
    def delete(self, request: Request, token: int) -> Response:
        """Revoke an access token

        It stops working at once.
        """
        tokens.revoke(self.caller, token)
        return Response(status=204)
