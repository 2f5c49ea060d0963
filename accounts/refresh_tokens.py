"""Refresh tokens (RFC 6749, 1.5): what `docker login` keeps in place of the password. Each ends by itself.

They are access tokens of their own kind: good for nothing but new bearer tokens, listed and revoked like the others,
ended by a new password. Who signs in with a personal access token gets none, because that is one already.
"""

from __future__ import annotations

from datetime import timedelta

from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts import callers, secrets, tokens
from accounts.callers import Caller
from accounts.errors import CredentialsRejected
from accounts.models import AccessToken, User
from accounts.scopes import TokenScope

PREFIX = "berth_ref_"
#: Unused for so long, it ends; and so many of one user's live side by side.
LIFE = timedelta(days=90)
MOST = 50
_REFRESH = AccessToken.Kind.REFRESH


def issue(caller: Caller, *, client: str) -> tuple[AccessToken, str]:
    """A refresh token for a caller who showed a password; `client` is what the program calls itself.

    Errors: CredentialsRejected when the claim no longer holds.
    """
    user = callers.matching(caller).first()
    if user is None:
        raise CredentialsRejected
    token = tokens.generate(PREFIX)
    row = AccessToken.objects.create(
        user=user,
        kind=_REFRESH,
        name=" ".join(client.split())[:64] or "unnamed client",
        hint=token[: len(PREFIX) + 4],
        hash=secrets.token_hash(token),
        scope=TokenScope.ADMIN,
        expires_at=timezone.now() + LIFE,
    )
    _end_oldest(user)
    return row, token


def redeem(token: str) -> AccessToken:
    """The row behind a refresh token, or behind a personal access token in its place, with its user loaded; a refresh
    token's life begins anew. Errors: CredentialsRejected."""
    if not tokens.has_form(token, PREFIX):
        return tokens.authenticate(token)
    row = tokens.live(_REFRESH, token)
    AccessToken.objects.filter(pk=row.pk, revoked_at=None).update(expires_at=timezone.now() + LIFE)
    return row


def end_all(user: User) -> None:
    """Make programs ask for the password again, as after a new one."""
    AccessToken.objects.filter(user=user, kind=_REFRESH, revoked_at=None).update(revoked_at=timezone.now())


def forget_ended() -> int:
    """Delete those that expired or were revoked; returns how many."""
    ended = Q(expires_at__lte=timezone.now()) | Q(revoked_at__isnull=False)
    return AccessToken.objects.filter(ended, kind=_REFRESH).delete()[0]


def _end_oldest(user: User) -> None:
    mine = AccessToken.objects.filter(user=user, kind=_REFRESH, revoked_at=None)
    latest_first = mine.order_by(Coalesce(F("last_used_at"), F("created_at")).desc(), "-pk")
    surplus = list(latest_first.values_list("pk", flat=True)[MOST:])
    AccessToken.objects.filter(pk__in=surplus).update(revoked_at=timezone.now())
