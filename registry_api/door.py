"""The way in for `/v2/`, `/token` and its keys: straight to the view, past sessions, cookies and CSRF."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.urls import resolve


def is_registry(path: str) -> bool:
    """Whether the registry answers this path."""
    return path.startswith("/v2/") or path in {"/v2", "/token", "/.well-known/jwks.json"}


def answer(request: HttpRequest) -> HttpResponseBase:
    """The registry's answer; the URL table ends with a catch-all, so every path has one."""
    match = resolve(request.path_info, urlconf="registry_api.urls")
    request.resolver_match = match
    view: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
    return view
