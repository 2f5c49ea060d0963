"""The token service: credentials and wanted scopes in, a bearer token out (distribution's token and OAuth2
specifications). Whoever shows no credentials gets a token of nobody; whoever shows wrong ones gets 401.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict

from accounts.callers import Caller
from accounts.errors import CredentialsRejected
from registry_api.auth import bearer, credentials, scopes
from registry_api.auth.scopes import Scope
from registry_api.base import RegistryView
from registry_api.errors import Answer, Code, Refusal
from repositories import access as rights
from repositories.errors import NameInvalid
from repositories.oci import names

_LONGEST_FORM = 64 * 2**10


class TokenView(RegistryView):
    def get(self, request: HttpRequest) -> HttpResponse:
        query = request.GET
        service, wanted = _service(query), scopes.parse(query.getlist("scope"))
        caller, refresh_token = credentials.of_header(request), ""
        if query.get("offline_token", "").lower() in {"true", "1"}:
            caller, refresh_token = credentials.kept(caller, query.get("client_id", ""))
        return JsonResponse(_answer(caller, wanted, service, refresh_token))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = _form(request)
        service, wanted = _service(form), scopes.parse(form.getlist("scope"))
        caller, refresh_token = _granted(request, form)
        return JsonResponse(_answer(caller, wanted, service, refresh_token))

    def answer_for(self, error: Exception) -> Answer:
        """Wrong credentials are told from no token: here they were shown by Basic, or in a form."""
        answer = super().answer_for(error)
        if not isinstance(error, CredentialsRejected):
            return answer
        headers = {"WWW-Authenticate": f'Basic realm="{settings.HUB_REGISTRY_HOST}"'}
        return Answer(answer.status, answer.code, answer.message, headers=headers)


def _granted(request: HttpRequest, form: QueryDict) -> tuple[Caller, str]:
    """Who a form of OAuth2 speaks for, and the refresh token to hand out or back.

    Errors: CredentialsRejected, RateLimited; Refusal (400) for other grants than `password` and `refresh_token`.
    """
    match form.get("grant_type"):
        case "password":
            caller = credentials.of_password(request, form.get("username", ""), form.get("password", ""))
            offline = form.get("access_type") == "offline"
            return credentials.kept(caller, form.get("client_id", "")) if offline else (caller, "")
        case "refresh_token":
            token = form.get("refresh_token", "")
            return credentials.of_refresh_token(token), token
    raise Refusal(Answer(400, Code.UNSUPPORTED, "The grant_type is one of password and refresh_token."))


def _answer(caller: Caller, wanted: Iterable[Scope], service: str, refresh_token: str) -> dict[str, object]:
    """A token for what is wanted and allowed; what is not allowed is left out without a word."""
    granted = [scope.narrowed(_allowed(scope, caller)) for scope in wanted]
    access = [scope for scope in granted if scope.actions]
    token, issued_at = bearer.sign(caller, access, service=service)
    return {
        "token": token,
        "access_token": token,
        "expires_in": int(settings.HUB_REGISTRY_TOKEN_TTL.total_seconds()),
        "issued_at": issued_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "scope": " ".join(map(str, access)),
        **({"refresh_token": refresh_token} if refresh_token else {}),
    }


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


def _service(query: QueryDict) -> str:
    """Whom the token is for: this registry when nobody is named. Errors: Refusal (400) for a stranger."""
    named: str = query.get("service") or settings.HUB_REGISTRY_HOST
    if named not in {settings.HUB_REGISTRY_HOST, *settings.HUB_TOKEN_SERVICES}:
        message = f"Tokens of this hub are for the service “{settings.HUB_REGISTRY_HOST}”."
        raise Refusal(Answer(400, Code.UNSUPPORTED, message))
    return named


def _form(request: HttpRequest) -> QueryDict:
    """The fields of the body. Errors: Refusal (413)."""
    body = bytearray()
    while block := request.read(_LONGEST_FORM + 1 - len(body)):
        body += block
        if len(body) > _LONGEST_FORM:
            raise Refusal(Answer(413, Code.SIZE_INVALID, "The form is too long."))
    return QueryDict(bytes(body))
