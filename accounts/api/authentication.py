"""Who asks: a signed-in browser (session and CSRF token), or a program with a personal access token."""

from __future__ import annotations

import base64
import binascii
from datetime import timedelta
from typing import Any

from django.conf import settings
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from accounts import addresses, callers, limits, tokens
from accounts.api.refusals import CsrfFailed
from accounts.callers import Caller
from accounts.errors import CredentialsRejected
from accounts.models import AccessToken, User

_WINDOW = timedelta(minutes=5)
_REJECTIONS_PER_ADDRESS = 100


def caller_of(request: Request) -> Caller:
    """The caller behind a request that the classes below have looked at."""
    token: Any = request.auth
    return callers.of(request.user, token) if isinstance(request.user, User) else callers.ANONYMOUS


def address_of(request: Request) -> str:
    """The client, as limits count clients: an IPv4 address or an IPv6 household."""
    return addresses.household(addresses.client(request.META, settings.HUB_TRUSTED_PROXIES))


class AccessTokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer berth_pat_…`, or `Basic` with the user name and the token as password.

    A header that says neither means nobody. Errors: CredentialsRejected, RateLimited (after 100 rejected tokens from
    one address in 5 minutes).
    """

    def authenticate(self, request: Request) -> tuple[User, AccessToken] | None:
        kind, _, credentials = request.META.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
        if kind.lower() not in {"bearer", "basic"}:
            return None
        try:
            row = _bearer(credentials) if kind.lower() == "bearer" else _basic(credentials)
        except CredentialsRejected:
            limits.spend("api-rejected", address_of(request), limit=_REJECTIONS_PER_ADDRESS, window=_WINDOW)
            raise
        return row.user, row

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="berth"'


class SessionAuthentication(authentication.SessionAuthentication):
    """The session of a browser; every method that changes something needs the CSRF token."""

    def enforce_csrf(self, request: Request) -> None:
        try:
            super().enforce_csrf(request)
        except exceptions.PermissionDenied as error:
            raise CsrfFailed from error


def _bearer(token: str) -> AccessToken:
    return tokens.authenticate(token.strip())


def _basic(credentials: str) -> AccessToken:
    try:
        login, _, token = base64.b64decode(credentials.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError) as error:
        raise CredentialsRejected from error
    row = tokens.authenticate(token)
    if login.lower() not in {row.user.username, row.user.email.lower()}:
        raise CredentialsRejected
    return row
