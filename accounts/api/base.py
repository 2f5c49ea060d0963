"""The base of every REST view: each method says what it takes, answers and asks of its caller.

The same facts are checked at each request and written into the OpenAPI document (`hub.api.openapi`), so they agree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from accounts.api import pagination
from accounts.api.authentication import caller_of
from accounts.api.bodies import JsonBody, JsonOnly
from accounts.api.refusals import IdentityNeeded, LengthNeeded, ScopeInsufficient, TokenLimited
from accounts.api.shapes import StrictSerializer
from accounts.callers import Caller
from accounts.models import AccessToken, User
from accounts.scopes import TokenScope

Handler = TypeVar("Handler", bound=Callable[..., Response])

#: Codes of the errors that reading a body may have.
BODY_REFUSALS = ("malformed_json", "length_needed", "body_too_large", "media_type_unsupported")


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method of one address.

    `answers` with `status`, in pages when `many` · `takes` a body · `asks` for query parameters · `identity`: nobody
    gets 401 · `scope`: what an access token must include · `unlimited`: and it may not be limited to repositories ·
    `refuses`: codes of errors beyond those that its other facts imply.
    """

    answers: type[Serializer[Any]] | None = None
    status: int = 200
    many: bool = False
    takes: type[StrictSerializer] | None = None
    asks: type[StrictSerializer] | None = None
    identity: bool = True
    scope: TokenScope = TokenScope.PUBLIC_READ
    unlimited: bool = False
    refuses: tuple[str, ...] = ()


def operation(**facts: Any) -> Callable[[Handler], Handler]:
    """Write an :class:`Operation` on a view's method."""

    def mark(handler: Handler) -> Handler:
        handler.operation = Operation(**facts)  # type: ignore[attr-defined]
        return handler

    return mark


def operation_of(view: type[APIView], method: str) -> Operation | None:
    """The facts of a method; None when the view does not have it."""
    handler = getattr(view, {"head": "get"}.get(method.lower(), method.lower()), None)
    found: Operation | None = getattr(handler, "operation", None)
    return found


class Reaches(BasePermission):
    """Identity, then the token's scope and limits. Errors: IdentityNeeded, ScopeInsufficient, TokenLimited."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        facts = operation_of(type(view), request.method or "")
        if facts is None:
            return True
        if facts.identity and not isinstance(request.user, User):
            raise IdentityNeeded
        token = request.auth
        if isinstance(token, AccessToken):
            if not TokenScope(token.scope).includes(facts.scope):
                raise ScopeInsufficient(facts.scope)
            if facts.unlimited and token.repositories:
                raise TokenLimited
        return True


class ApiView(APIView):
    """A view whose methods carry an :class:`Operation`."""

    permission_classes = [Reaches]
    parser_classes = [JsonBody]
    content_negotiation_class = JsonOnly
    metadata_class = None
    #: The group in the documentation.
    group = ""

    @property
    def facts(self) -> Operation:
        found = operation_of(type(self), self.request.method or "")
        assert found is not None, "the method has no @operation"  # noqa: S101
        return found

    @property
    def user(self) -> User:
        """Who asks, in operations that need an identity."""
        assert isinstance(self.request.user, User), "the operation lets nobody in"  # noqa: S101
        return self.request.user

    @property
    def caller(self) -> Caller:
        return caller_of(self.request)

    def query(self) -> dict[str, Any]:
        """The query parameters, checked. Errors: ValidationError."""
        return self.checked(self.facts.asks, self.request.query_params.dict())

    def body(self) -> dict[str, Any]:
        """The body, checked. Errors: ValidationError, ParseError, UnsupportedMediaType, LengthNeeded, BodyTooLarge."""
        return self.checked(self.facts.takes, self.raw_body())

    def raw_body(self) -> Any:
        """The body as it was sent; an empty object when there was none."""
        if self.request.META.get("HTTP_TRANSFER_ENCODING"):
            raise LengthNeeded
        return self.request.data

    def answer(self, found: Any) -> Response:
        """One object in the operation's shape."""
        assert self.facts.answers is not None, "the operation answers nothing"  # noqa: S101
        shape = self.facts.answers(found, context=self.get_serializer_context())
        return Response(shape.data, status=self.facts.status)

    def pages(self, fetch: pagination.Fetch, *, page: int, page_size: int) -> Response:
        """One page of objects in the operation's shape. Errors: PageUnknown."""
        assert self.facts.answers is not None, "the operation answers nothing"  # noqa: S101
        found = pagination.page_of(self.request, fetch, page=page, page_size=page_size)
        shape = self.facts.answers(found["results"], many=True, context=self.get_serializer_context())
        return Response({**found, "results": shape.data})

    def get_serializer_context(self) -> dict[str, Any]:
        return {"caller": self.caller, "token": self.request.auth}

    def checked(self, shape: type[StrictSerializer] | None, data: Any) -> dict[str, Any]:
        assert shape is not None, "the operation does not say what it takes"  # noqa: S101
        serializer = shape(data=data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        checked: dict[str, Any] = serializer.validated_data
        return checked
