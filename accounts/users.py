"""Users: check a password without starving the server, make an administrator, end all bearer tokens."""

from __future__ import annotations

import threading
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import F, Q

from accounts import callers, limits
from accounts.errors import CredentialsRejected
from accounts.models import User

_WINDOW = timedelta(minutes=5)
_TRIES_PER_ACCOUNT = 10
_TRIES_PER_ADDRESS = 30
#: Password hashing is slow on purpose; more than two at once would leave nothing for anybody else.
_HASHING = threading.BoundedSemaphore(2)


def authenticate(login: str, password: str, *, address: str) -> User:
    """The trusted user whose name or e-mail and password these are; `address` is the client's.

    Errors: CredentialsRejected; RateLimited before the password is looked at.
    """
    name = login.strip().lower()
    limits.spend("login-account", name, limit=_TRIES_PER_ACCOUNT, window=_WINDOW)
    limits.spend("login-address", address, limit=_TRIES_PER_ADDRESS, window=_WINDOW)
    user = callers.trusted_users().filter(Q(username=name) | Q(email__iexact=name)).first()
    with _HASHING:
        if user is None:
            make_password(password)  # as slow as a wrong password, so that time tells nothing
            raise CredentialsRejected
        if not check_password(password, user.password):
            raise CredentialsRejected
    limits.forgive("login-account", name)
    return user


@transaction.atomic
def create_administrator(*, username: str, email: str, password: str) -> User:
    """A superuser with a verified address. It owns no namespace, so its name may be a reserved one."""
    user = User.objects.create_superuser(username=username, email=email, password=password)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def end_bearer_tokens(user: User) -> None:
    """Make every bearer token of the user invalid from the next request on."""
    User.objects.filter(pk=user.pk).update(token_epoch=F("token_epoch") + 1)
