"""The challenge that sends a client to the token service (RFC 6750, 3; distribution's token specification).

Its realm is built from the host that the client used, because clients compare the two; only configured hosts count.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port, validate_host

from accounts import addresses
from registry_api.auth.scopes import Scope
from registry_api.errors import Answer, Challenge, Code, Refusal


def require_known_host(request: HttpRequest) -> None:
    """Errors: Refusal (400) when the request's Host is not one of HUB_HOSTS."""
    host = request.META.get("HTTP_HOST", "")
    domain = split_domain_port(host)[0]
    if not domain or not validate_host(domain, settings.HUB_HOSTS):
        message = f"This hub does not answer to the host “{host[:255]}”. Its operator can add it to HUB_HOSTS."
        raise Refusal(Answer(400, Code.UNSUPPORTED, message))


def realm(request: HttpRequest) -> str:
    """The absolute address of the token service, as this client reaches it. The host has been checked."""
    return f"{_scheme(request)}://{request.META['HTTP_HOST']}/token"


def header(request: HttpRequest, scopes: Iterable[Scope], why: Challenge) -> str:
    """The value of WWW-Authenticate: one challenge, every value quoted."""
    values = {
        "realm": realm(request),
        "service": settings.HUB_REGISTRY_HOST,
        "scope": " ".join(map(str, scopes)),
        "error": str(why),
    }
    return "Bearer " + ",".join(f'{name}="{value}"' for name, value in values.items() if value)


def _scheme(request: HttpRequest) -> str:
    """A front server's word counts only when it is one of HUB_TRUSTED_PROXIES."""
    forwarded = request.headers.get("X-Forwarded-Proto", "").lower()
    if forwarded in {"http", "https"} and addresses.is_proxied(request.META, settings.HUB_TRUSTED_PROXIES):
        return forwarded
    return "https" if request.is_secure() else "http"
