"""Who asks. A claim, not yet a fact: the query that decides the permission re-checks it (`repositories.access`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allauth.account.models import EmailAddress
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import AccessToken, User


@dataclass(frozen=True, slots=True)
class Caller:
    """`uid` and `epoch` of a user, and the `id` of the personal access token used, if any; all None for nobody."""

    uid: UUID | None = None
    epoch: int = 0
    token_id: int | None = None

    @property
    def is_anonymous(self) -> bool:
        return self.uid is None


ANONYMOUS = Caller()


def of(user: User, token: AccessToken | None = None) -> Caller:
    """The caller that a signed-in user, or a user with an access token, is."""
    return Caller(uid=user.uid, epoch=user.token_epoch, token_id=token.pk if token else None)


def trusted_users() -> QuerySet[User]:
    """Accounts that may act at all: not disabled, and with a verified e-mail address."""
    verified = EmailAddress.objects.filter(user_id=OuterRef("pk"), verified=True)
    return User.objects.filter(Exists(verified), is_active=True)


def live_tokens(now: datetime | None = None) -> QuerySet[AccessToken]:
    """Access tokens that are neither revoked nor expired."""
    now = now or timezone.now()
    return AccessToken.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None)


def matching(caller: Caller) -> QuerySet[User]:
    """The user behind the caller: one row, or none when the claim no longer holds."""
    if caller.uid is None:
        return User.objects.none()
    users = trusted_users().filter(uid=caller.uid, token_epoch=caller.epoch)
    if caller.token_id is None:
        return users
    return users.filter(Exists(live_tokens().filter(pk=caller.token_id, user_id=OuterRef("pk"))))
