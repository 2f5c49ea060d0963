"""The token service: credentials and wanted scopes in, a bearer token out (distribution's token and OAuth2
specifications). Whoever shows no credentials gets a token of nobody; whoever shows wrong ones gets 401.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict

from accounts import addresses, callers, tokens, users
from accounts.callers import ANONYMOUS, Caller
from accounts.errors import CredentialsRejected
from registry_api.auth import bearer, scopes
from registry_api.auth.scopes import Scope
from registry_api.base import RegistryView
from registry_api.errors import Answer, Code, Refusal
from repositories import access as rights
from repositories.errors import NameInvalid
from repositories.oci import names

_LONGEST_FORM = 64 * 2**10
_LONGEST_CREDENTIALS = 1024


@dataclass(frozen=True, slots=True)
class Issue:
    """What was issued: the token, its scopes and when."""

    token: str
    access: list[Scope]
    issued_at: str

    def as_answer(self) -> dict[str, object]:
        """`expires_in` is a whole number of seconds, and there is never a refresh token."""
        lifetime = int(settings.HUB_REGISTRY_TOKEN_TTL.total_seconds())
        return {
            "token": self.token,
            "access_token": self.token,
            "expires_in": lifetime,
            "issued_at": self.issued_at,
        }


class TokenView(RegistryView):
    def get(self, request: HttpRequest) -> HttpResponse:
        _require_our_service(request.GET)
        caller = _caller_of(request)
        return JsonResponse(_issue(caller, scopes.parse(request.GET.getlist("scope"))).as_answer())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = _form(request)
        _require_our_service(form)
        if form.get("grant_type") != "password":
            raise Refusal(Answer(400, Code.UNSUPPORTED, "The grant_type that this hub knows is password."))
        caller = _authenticate(request, form.get("username", ""), form.get("password", ""))
        issue = _issue(caller, scopes.parse(form.getlist("scope")))
        return JsonResponse({**issue.as_answer(), "scope": " ".join(map(str, issue.access))})

    def answer_for(self, error: Exception) -> Answer:
        """Wrong credentials are told from no token: here they were shown by Basic, or in a form."""
        answer = super().answer_for(error)
        if not isinstance(error, CredentialsRejected):
            return answer
        headers = {"WWW-Authenticate": f'Basic realm="{settings.HUB_REGISTRY_HOST}"'}
        return Answer(answer.status, answer.code, answer.message, headers=headers)


def _issue(caller: Caller, wanted: Iterable[Scope]) -> Issue:
    """A token for what is wanted and allowed; what is not allowed is left out without a word."""
    granted = [scope.narrowed(_allowed(scope, caller)) for scope in wanted]
    access = [scope for scope in granted if scope.actions]
    token, issued_at = bearer.sign(caller, access)
    return Issue(token, access, issued_at.strftime("%Y-%m-%dT%H:%M:%SZ"))


def _allowed(scope: Scope, caller: Caller) -> frozenset[str]:
    """The actions that the caller may get for a resource: repositories by their permission, the list by everybody."""
    if scope.type == scopes.WHOLE_CATALOG.type and scope.name == scopes.WHOLE_CATALOG.name:
        return scopes.WHOLE_CATALOG.actions
    if scope.type != scopes.REPOSITORY:
        return frozenset()
    try:
        actions = rights.actions_for(names.repository(scope.name), caller)
    except NameInvalid:
        return frozenset()
    return frozenset(map(str, actions)) & frozenset(scopes.ACTIONS)


def _caller_of(request: HttpRequest) -> Caller:
    """Who shows these credentials. Errors: CredentialsRejected, RateLimited."""
    header = request.headers.get("Authorization", "").strip()
    if not header:
        return ANONYMOUS
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        raise CredentialsRejected
    try:
        login, _, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise CredentialsRejected from error
    return _authenticate(request, login, password)


def _authenticate(request: HttpRequest, login: str, password: str) -> Caller:
    """The caller behind a user name and a password, or an access token in its place.

    Errors: CredentialsRejected, RateLimited.
    """
    if not login or not password or "\0" in login or len(login) + len(password) > _LONGEST_CREDENTIALS:
        raise CredentialsRejected
    if not tokens.looks_like_one(password):
        address = addresses.client(request.META, settings.HUB_TRUSTED_PROXIES)
        return callers.of(users.authenticate(login, password, address=address))
    row = tokens.authenticate(password)
    if row.user.username != login.strip().lower():
        raise CredentialsRejected
    return callers.of(row.user, row)


def _require_our_service(query: QueryDict) -> None:
    """Errors: Refusal (400) for another service than this one; none named means this one."""
    if query.get("service", settings.HUB_REGISTRY_HOST) != settings.HUB_REGISTRY_HOST:
        message = f"Tokens of this hub are for the service “{settings.HUB_REGISTRY_HOST}”."
        raise Refusal(Answer(400, Code.UNSUPPORTED, message))


def _form(request: HttpRequest) -> QueryDict:
    """The fields of the body. Errors: Refusal (413)."""
    body = bytearray()
    while block := request.read(_LONGEST_FORM + 1 - len(body)):
        body += block
        if len(body) > _LONGEST_FORM:
            raise Refusal(Answer(413, Code.SIZE_INVALID, "The form is too long."))
    return QueryDict(bytes(body))
