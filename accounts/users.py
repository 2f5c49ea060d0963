"""Users: guess-proof passwords, administrators, disabling, and accounts that nobody ever verified."""

from __future__ import annotations

import threading
import unicodedata
from dataclasses import dataclass
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone

from accounts import addresses, callers, limits, names, namespaces
from accounts.errors import CredentialsRejected, NameTaken
from accounts.models import Membership, Namespace, NamespaceName, User

_WINDOW = timedelta(minutes=5)
_TRIES_PER_ACCOUNT = 10
_TRIES_PER_ADDRESS = 30
#: So long may a new account wait for its code before its name is free again.
UNVERIFIED_LIFE = timedelta(days=7)
#: Password hashing is slow on purpose; more than two at once would leave nothing for anybody else.
HASHING = threading.BoundedSemaphore(2)


@dataclass(frozen=True, slots=True)
class Guess:
    """A counted guess at a password: of which account, from which household."""

    account: str
    household: str

    def was_right(self) -> None:
        """Take the guess back. Those before it still count, so that a success in between helps nobody who guesses."""
        limits.refund("login-account", self.account)
        limits.refund("login-address", self.household)


def guess(login: str, *, address: str) -> Guess:
    """Count a guess before the password is looked at; all doors share the count. Errors: RateLimited.

    Name and e-mail, and every way to write them, are one account.
    """
    known = _named(login).values_list("uid", flat=True).first()
    counted = Guess(str(known) if known else _normal(login), addresses.household(address))
    limits.spend("login-address", counted.household, limit=_TRIES_PER_ADDRESS, window=_WINDOW)
    limits.spend("login-account", counted.account, limit=_TRIES_PER_ACCOUNT, window=_WINDOW)
    return counted


def authenticate(login: str, password: str, *, address: str) -> User:
    """The trusted user whose name or verified e-mail and password these are; `address` is the client's.

    Errors: CredentialsRejected; RateLimited before the password is looked at.
    """
    counted = guess(login, address=address)
    user = _named(login, verified=True).filter(pk__in=callers.trusted_users()).first()
    with HASHING:
        if user is None:
            make_password(password)  # as slow as a wrong password, so that time tells nothing
            raise CredentialsRejected
        if not check_password(password, user.password):
            raise CredentialsRejected
    counted.was_right()
    return user


@transaction.atomic
def create_administrator(*, username: str, email: str, password: str | None) -> User:
    """A superuser with a verified address. The name may be a reserved one, and then owns no namespace.

    Errors: NameInvalid, NameTaken, ValidationError (no e-mail address, or another account's).
    """
    names.check(username, reserved_allowed=True)
    email = email.strip().lower()
    validate_email(email)
    if User.objects.filter(email__iexact=email).exists() or EmailAddress.objects.filter(email=email).exists():
        raise ValidationError("This e-mail address belongs to another account.")
    if User.objects.filter(username=username).exists():
        raise NameTaken(username)
    user = User.objects.create_superuser(username=username, email=email, password=password)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    if not names.is_reserved(username):
        namespaces.claim_personal(user)
    return user


@transaction.atomic
def confirm_address(user: User) -> bool:
    """An administrator's word that the account's e-mail address is the user's; False when it is another's already."""
    email = user.email.lower()
    if not email or EmailAddress.objects.filter(email=email, verified=True).exclude(user=user).exists():
        return False
    has_primary = EmailAddress.objects.filter(user=user, primary=True).exists()
    address, _ = EmailAddress.objects.get_or_create(user=user, email=email, defaults={"primary": not has_primary})
    address.verified = True
    address.save(update_fields=["verified"])
    return True


def disable(user: User) -> None:
    """End everything an account can do: sessions, access tokens and bearer tokens fail at their next use."""
    User.objects.filter(pk=user.pk).update(is_active=False, token_epoch=F("token_epoch") + 1)


def end_bearer_tokens(user: User) -> None:
    """Make every bearer token of the user invalid from the next request on."""
    User.objects.filter(pk=user.pk).update(token_epoch=F("token_epoch") + 1)
    user.refresh_from_db(fields=["token_epoch"])  # saving this object later must not take it back


def forget_unverified() -> int:
    """Delete accounts that nobody verified in `UNVERIFIED_LIFE`, and free their names; returns how many.

    Only an account that never could do anything goes: never verified, never signed in, alone in its own namespace.
    A name that was ever in use stays taken for good. Where administrators verify people, they decide, not the clock.
    """
    if settings.HUB_MAIL == "none":
        return 0
    return sum(_forget(user_id) for user_id in _never_used().values_list("pk", flat=True))


def _never_used() -> QuerySet[User]:
    verified = EmailAddress.objects.filter(user_id=OuterRef("pk"), verified=True)
    elsewhere = Membership.objects.filter(user_id=OuterRef("pk")).exclude(namespace__user_id=OuterRef("pk"))
    return User.objects.filter(
        ~Exists(verified),
        ~Exists(elsewhere),
        last_login=None,
        is_active=True,
        is_staff=False,
        is_superuser=False,
        access_tokens=None,
        date_joined__lt=timezone.now() - UNVERIFIED_LIFE,
    )


def _forget(user_id: int) -> bool:
    """Looks again under locks, because the code may be typed in this very moment."""
    try:
        with transaction.atomic():
            list(EmailAddress.objects.select_for_update().filter(user_id=user_id))
            user = _never_used().select_for_update(of=("self",)).filter(pk=user_id).first()
            if user is None or _holds_anything(Namespace.objects.filter(user=user)):
                return False
            NamespaceName.objects.filter(namespace__user=user).delete()
            Namespace.objects.filter(user=user).delete()
            user.delete()
    except IntegrityError:  # it came to hold something in this very moment
        return False
    return True


def _holds_anything(namespace: QuerySet[Namespace]) -> bool:
    """Whether a row of any floor, apart from its names and its owner, refers to the namespace."""
    ours = (NamespaceName, Membership)
    relations = [one for one in Namespace._meta.related_objects if one.related_model not in ours]
    rows = (one.related_model._base_manager.filter(**{f"{one.field.name}__in": namespace}) for one in relations)
    return any(found.exists() for found in rows)


def _named(login: str, **address: bool) -> QuerySet[User]:
    """The users whom a name or such an e-mail address means, whoever proved it first. Names contain no `@`."""
    name = _normal(login)
    if "@" not in name:
        return User.objects.filter(username=name)
    owners = EmailAddress.objects.filter(email=name, user_id=OuterRef("pk"), **address)
    return User.objects.filter(Exists(owners)).order_by(Exists(owners.filter(verified=True)).desc(), "pk")


def _normal(login: str) -> str:
    """One spelling for all spellings; what no database takes as text becomes a question mark, and names nobody."""
    login = login.replace("\x00", "?").encode(errors="replace").decode()
    return unicodedata.normalize("NFKC", login).strip().lower()
