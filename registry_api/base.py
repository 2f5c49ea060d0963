"""How every request of the registry goes: the host, the method, who asks, which repository, may they; then the view's
own method; then an answer, or an error in the specification's envelope. All of it before a body is read.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.db.utils import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views import View

from accounts import addresses, callers
from registry_api import errors
from registry_api.auth import bearer, challenge, scopes
from registry_api.auth.bearer import Token
from registry_api.auth.scopes import Scope
from registry_api.errors import Answer, Code, Refusal
from repositories import access as rights
from repositories import catalog
from repositories.access import Action
from repositories.oci import names

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Need:
    """What a method demands: the permission, the scope that the challenge names, and whether a push may create."""

    action: Action
    scope: tuple[str, ...]
    creates: bool = False


PULL = Need(Action.PULL, ("pull",))
PUSH = Need(Action.PUSH, ("pull", "push"))
CREATE = Need(Action.PUSH, ("pull", "push"), creates=True)
DELETE = Need(Action.DELETE, ("delete",))


class RegistryView(View):
    """A view of the registry that is about no repository."""

    http_method_names = ["get", "head", "post", "put", "patch", "delete"]
    #: The scopes that a challenge asks for.
    challenged: tuple[Scope, ...] = ()

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            challenge.require_known_host(request)
            _require_known_coding(request)
            response = self.handle(request, **kwargs)
        except Exception as error:
            response = self.refuse(request, error)
        if isinstance(response, HttpResponse) and response.status_code not in {204, 304}:
            response.setdefault("Content-Length", str(len(response.content)))
        if request.method == "HEAD" and isinstance(response, HttpResponse):
            response.content = b""
        response.setdefault("Docker-Distribution-API-Version", "registry/2.0")
        response.setdefault("X-Content-Type-Options", "nosniff")
        response.setdefault("Cache-Control", "no-store")
        return response

    def handle(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        """Call the method's own function. Errors: Refusal (405) when there is none."""
        method = (request.method or "").lower()
        found = getattr(self, method, None) if method in self.http_method_names else None
        if found is None:
            allowed = ", ".join(name.upper() for name in self.http_method_names if hasattr(self, name))
            message = "This address does not support the method."
            raise Refusal(Answer(405, Code.UNSUPPORTED, message, headers={"Allow": allowed}))
        response: HttpResponseBase = found(request, **kwargs)
        return response

    def refuse(self, request: HttpRequest, error: Exception) -> HttpResponse:
        """The answer to an exception; the hub's own faults are logged, and nothing of them leaves."""
        answer = self.answer_for(error)
        if answer is errors.BROKEN:
            log.error("%s %s failed, request %s", request.method, request.path, _id_of(request), exc_info=error)
        response = HttpResponse(answer.body(), status=answer.status, content_type="application/json")
        for name, value in answer.headers.items():
            response[name] = value
        if answer.challenge is not None:
            response["WWW-Authenticate"] = challenge.header(request, self.challenged, answer.challenge)
        return response

    def answer_for(self, error: Exception) -> Answer:
        """The table of errors, and what Django and the database raise."""
        if isinstance(error, OperationalError | InterfaceError):
            log.warning("the database does not answer: %s", error)
            return errors.UNAVAILABLE
        if isinstance(error, SuspiciousOperation):
            return Answer(400, Code.UNSUPPORTED, "The request is not one that a client would send.")
        return errors.answer_for(error)

    def token_of(self, request: HttpRequest) -> Token:
        """The verified bearer token. Errors: Refusal (401); credentials of other schemes count as none."""
        scheme, _, raw = request.headers.get("Authorization", "").strip().partition(" ")
        if scheme.lower() != "bearer":
            raise Refusal(errors.NO_TOKEN)
        return bearer.read(raw.strip())

    def require_caller(self, request: HttpRequest) -> Token:
        """The token, whose holder is nobody or somebody whose claim still holds. Errors: Refusal (401)."""
        token = self.token_of(request)
        if not token.caller.is_anonymous and not callers.matching(token.caller).exists():
            raise Refusal(errors.INVALID_TOKEN)
        return token


class RepositoryView(RegistryView):
    """A view of one repository. `name` is as the client wrote it; answers echo it."""

    needs: ClassVar[Mapping[str, Need]] = {}
    name: str
    token: Token

    def handle(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        """Authorise, then call the method's own function with the caller's `access`."""
        need = self.needs.get(request.method or "")
        self.name = kwargs.pop("name")
        full_name = names.repository(self.name)
        if need is None:
            return super().handle(request, **kwargs)
        self.challenged = self.scopes_for(request, need)
        self.token = self.token_of(request)
        if not self.token_allows(self.name, need.action):
            raise Refusal(errors.INSUFFICIENT_SCOPE)
        if need.creates:
            access = catalog.open_for_push(full_name, self.token.caller)
        else:
            access = rights.require(full_name, self.token.caller, need.action)
        return super().handle(request, access=access, **kwargs)

    def scopes_for(self, request: HttpRequest, need: Need) -> tuple[Scope, ...]:
        """What a token for the whole request would hold."""
        return (scopes.repository(self.name, *need.scope),)

    def token_allows(self, name: str, action: Action) -> bool:
        """Whether the token's own scopes reach so far; the permission itself is another matter."""
        return scopes.allow(self.token.access, scopes.repository(name, action))

    def address(self, *rest: object) -> str:
        """A relative address below the repository, under the name that was asked."""
        return "/".join(["/v2", self.name, *map(str, rest)])


def content_length(request: HttpRequest) -> int | None:
    """The announced length of the body; 0 without a body, None when it comes in chunks of unknown number."""
    if "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
        return None
    text = request.META.get("CONTENT_LENGTH") or "0"
    return int(text) if text.isascii() and text.isdigit() else 0


def is_cached(request: HttpRequest, tag: object) -> bool:
    """Whether If-None-Match holds the entity tag, in quotes (RFC 9110, 13.1.2) or bare, as some clients send it."""
    given = [part.strip().removeprefix("W/").strip('"') for part in request.headers.get("If-None-Match", "").split(",")]
    return str(tag) in given or "*" in given


def household_of(request: HttpRequest) -> str:
    """The client, as limits count clients: an IPv4 address or an IPv6 household."""
    return addresses.household(addresses.client(request.META, settings.HUB_TRUSTED_PROXIES))


def empty(status: int, headers: Mapping[str, str]) -> HttpResponse:
    """An answer without a body."""
    response = HttpResponse(status=status, headers=dict(headers))
    if "Content-Type" not in headers:
        del response["Content-Type"]
    return response


def _require_known_coding(request: HttpRequest) -> None:
    """Errors: Refusal (501) for a body in a coding that nobody undoes here (RFC 9112, 6.1)."""
    if request.META.get("HTTP_TRANSFER_ENCODING", "chunked").strip().lower() != "chunked":
        raise Refusal(Answer(501, Code.UNSUPPORTED, "Send the body as it is, or in chunks."))


def _id_of(request: HttpRequest) -> str:
    return str(request.META.get("HUB_REQUEST_ID", "-"))
