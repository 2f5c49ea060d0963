"""Who shows which credentials: nobody, a user name with a password or an access token, or a refresh token."""

from __future__ import annotations

import base64
import binascii

from django.conf import settings
from django.http import HttpRequest

from accounts import addresses, callers, refresh_tokens, tokens, users
from accounts.callers import ANONYMOUS, Caller
from accounts.errors import CredentialsRejected

_LONGEST = 1024


def of_header(request: HttpRequest) -> Caller:
    """The caller that Basic credentials name; nobody without any. Errors: CredentialsRejected, RateLimited."""
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
    return of_password(request, login, password)


def of_password(request: HttpRequest, login: str, password: str) -> Caller:
    """The caller behind a user name and a password, or an access token in its place.

    Errors: CredentialsRejected, RateLimited.
    """
    if not login or not password or "\0" in login or len(login) + len(password) > _LONGEST:
        raise CredentialsRejected
    if not tokens.looks_like_one(password):
        address = addresses.client(request.META, settings.HUB_TRUSTED_PROXIES)
        return callers.of(users.authenticate(login, password, address=address))
    row = tokens.authenticate(password)
    if row.user.username != login.strip().lower():
        raise CredentialsRejected
    return callers.of(row.user, row)


def of_refresh_token(token: str) -> Caller:
    """Errors: CredentialsRejected."""
    row = refresh_tokens.redeem(token)
    return callers.of(row.user, row)


def kept(caller: Caller, client: str) -> tuple[Caller, str]:
    """What a client that asks for it keeps of a password: a refresh token, and the caller that it stands for.

    Whoever shows a personal access token has one already: the caller stays, and there is no refresh token.
    """
    if caller.is_anonymous or caller.token_id is not None:
        return caller, ""
    row, token = refresh_tokens.issue(caller, client=client)
    return callers.of(row.user, row), token
