"""What surrounds every request: an id for the log, the registry's own way in, the headers of a careful site."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.cache import patch_vary_headers

from registry_api import door

Next = Callable[[HttpRequest], HttpResponseBase]

_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
)
_DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"


class RequestId:
    """Gives each request an id, taken from a front server's header when it looks like one."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        asked = request.headers.get("X-Request-Id", "")
        request_id = asked if re.fullmatch(r"[0-9a-zA-Z-]{8,64}", asked, re.ASCII) else uuid4().hex
        request.META["HUB_REQUEST_ID"] = request_id
        response = self.get_response(request)
        response["X-Request-Id"] = request_id
        return response


class RegistryDoor:
    """Sends `/v2/`, `/token` and its keys to the registry before sessions, cookies and CSRF are looked at."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if door.is_registry(request.path_info):
            return door.answer(request)
        return self.get_response(request)


class SecurityHeaders:
    """Content-Security-Policy and friends for pages and REST; private pages are never kept by caches."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        is_page = response.get("Content-Type", "").startswith("text/html")
        response.setdefault("Content-Security-Policy", _PAGE_POLICY if is_page else _DATA_POLICY)
        response.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
        if settings.SECURE_HSTS_SECONDS:  # by the public address: behind a front server the request itself is plain
            lasting = f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains"
            response.setdefault("Strict-Transport-Security", lasting)
        if not request.path_info.startswith("/static/"):
            response.setdefault("Cache-Control", "private, no-store")
            patch_vary_headers(response, ["Cookie"])
        return response
