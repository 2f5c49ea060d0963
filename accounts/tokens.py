"""Personal access tokens: issue, authenticate, list, revoke. The token itself is shown once and never stored."""

from __future__ import annotations

import secrets as random
import string
import zlib
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts import callers, secrets
from accounts.callers import Caller
from accounts.errors import CredentialsRejected, TokenInvalid, TokenUnknown
from accounts.models import AccessToken, User
from accounts.scopes import PATTERNS_MAX, TokenScope, is_pattern

PREFIX = "berth_pat_"
_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_SECRET_LENGTH = 43  # base 62 digits of 256 bits
_CHECK_LENGTH = 6
_TOUCH_EVERY = timedelta(minutes=10)


def issue(
    user: User,
    *,
    name: str,
    scope: TokenScope,
    repositories: list[str] | None = None,
    expires_at: datetime | None = None,
) -> tuple[AccessToken, str]:
    """Make a token; returns its row and the token itself, which cannot be had again.

    Errors: TokenInvalid (empty or long name, expiry in the past, patterns that match no repository).
    """
    name = name.strip()
    if not 1 <= len(name) <= 64:
        raise TokenInvalid("name", "Give the token a name of at most 64 characters.")
    if expires_at is not None and expires_at <= timezone.now():
        raise TokenInvalid("expires_at", "Choose an expiry in the future.")
    token = generate(PREFIX)
    row = AccessToken.objects.create(
        user=user,
        name=name,
        hint=token[: len(PREFIX) + 4],
        hash=secrets.token_hash(token),
        scope=scope,
        repositories=_patterns(repositories or []),
        expires_at=expires_at,
    )
    return row, token


def generate(prefix: str) -> str:
    """A token nobody can guess: the prefix, 256 random bits, a checksum of both."""
    secret = _base62(random.randbits(256), _SECRET_LENGTH)
    return f"{prefix}{secret}{_checksum(prefix + secret)}"


def has_form(text: str, prefix: str) -> bool:
    """Whether the text has the form and the checksum of a token of this prefix; needs no database."""
    body = text.removeprefix(prefix)
    check = body[-_CHECK_LENGTH:]
    if not text.startswith(prefix) or len(body) != _SECRET_LENGTH + _CHECK_LENGTH or not set(body) <= set(_DIGITS):
        return False
    return random.compare_digest(_checksum(text[:-_CHECK_LENGTH]), check)


def looks_like_one(text: str) -> bool:
    """Whether the text has the form of a personal access token."""
    return has_form(text, PREFIX)


def authenticate(token: str) -> AccessToken:
    """The live token's row with its user loaded; stamps its last use (at most every 10 minutes).

    Errors: CredentialsRejected (unknown, revoked, expired, account disabled or unverified).
    """
    if not looks_like_one(token):
        raise CredentialsRejected
    return live(AccessToken.Kind.PERSONAL, token)


def live(kind: AccessToken.Kind, token: str) -> AccessToken:
    """As :func:`authenticate`, for a token of either kind."""
    found = callers.live_tokens().filter(user__in=callers.trusted_users(), kind=kind).select_related("user")
    row = found.filter(hash=secrets.token_hash(token)).first()
    if row is None:
        raise CredentialsRejected
    _touch(row)
    return row


def of_user(caller: Caller) -> QuerySet[AccessToken]:
    """The caller's tokens of both kinds that were not revoked, newest first; expired ones included."""
    return AccessToken.objects.filter(user__in=callers.matching(caller), revoked_at=None).order_by("-created_at")


def revoke(caller: Caller, token_id: int) -> None:
    """End one of the caller's tokens at once. Errors: TokenUnknown."""
    ended = AccessToken.objects.filter(pk=token_id, user__in=callers.matching(caller), revoked_at=None)
    if not ended.update(revoked_at=timezone.now()):
        raise TokenUnknown


def _patterns(repositories: list[str]) -> list[str]:
    """In the order given, each once."""
    found = list(dict.fromkeys(repositories))
    if len(found) > PATTERNS_MAX:
        raise TokenInvalid("repositories", f"Limit a token to at most {PATTERNS_MAX} repositories or patterns.")
    for text in found:
        if not is_pattern(text):
            raise TokenInvalid("repositories", f"“{text[:64]}” is not the name of a repository, nor a pattern of one.")
    return found


def _touch(row: AccessToken) -> None:
    now = timezone.now()
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - _TOUCH_EVERY)
    if row.last_used_at is None or row.last_used_at < now - _TOUCH_EVERY:
        AccessToken.objects.filter(stale, pk=row.pk).update(last_used_at=now)


def _checksum(text: str) -> str:
    return _base62(zlib.crc32(text.encode()), _CHECK_LENGTH)


def _base62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, rest = divmod(number, 62)
        digits.append(_DIGITS[rest])
    return "".join(reversed(digits))
