"""allauth's questions, answered by our rules: who may sign up under which name, how often anybody may guess, whose a
session is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.internal.flows.signup import prevent_enumeration
from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts import addresses, callers, limits, namespaces, users
from accounts.errors import AccountError, NameTaken, RateLimited
from accounts.models import User

_HOUR = timedelta(hours=1)
_SIGN_UPS_PER_ADDRESS = 40
_LETTERS_PER_RECIPIENT = 10
_LETTERS_PER_ADDRESS = 60
#: Letters that a stranger can make us send, to anybody.
_ASKED_BY_ANYBODY = {
    f"account/email/{kind}"
    for kind in (
        "email_confirmation",
        "email_confirmation_signup",
        "account_already_exists",
        "password_reset_code",
        "unknown_account",
    )
}


class Backend(AuthenticationBackend):  # type: ignore[misc]
    """Whose a session is: nobody's, once the account is disabled, or its address is no longer verified."""

    def get_user(self, user_id: int) -> User | None:
        return callers.trusted_users().filter(pk=user_id).first()


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """One object a question; `request` is allauth's current one."""

    def get_client_ip(self, request: HttpRequest) -> str:
        return addresses.client(request.META, settings.HUB_TRUSTED_PROXIES)

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        if settings.HUB_SIGNUP != "open":
            return False
        if request.method == "POST":
            with _answering_429(request):
                limits.spend("sign-up", self._household(request), limit=_SIGN_UPS_PER_ADDRESS, window=_HOUR)
        return True

    def clean_username(self, username: str, shallow: bool = False) -> str:
        if shallow:
            return username
        try:
            return namespaces.check_free(username)
        except AccountError as error:
            raise ValidationError(str(error)) from error

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """The account and its namespace, or neither. Who loses a race sees what a later try would have seen."""
        try:
            with transaction.atomic():
                saved: User = super().save_user(request, user, form, commit)
                if commit:
                    namespaces.claim_personal(saved)
        except (NameTaken, IntegrityError) as error:
            raise ImmediateHttpResponse(self._answer_loser(request, form.cleaned_data)) from error
        return saved

    def _answer_loser(self, request: HttpRequest, facts: dict[str, str]) -> HttpResponse:
        """Somebody else got the name, which may be said, or the address, which may not."""
        try:
            namespaces.check_free(facts["username"])
        except AccountError as error:
            self.add_message(request, messages.ERROR, message=str(error))
            return redirect("account_signup")
        answer: HttpResponse = prevent_enumeration(request, email=facts["email"])
        return answer

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        login = credentials.get("email") or credentials.get("username") or ""
        with _answering_429(request):
            guess = users.guess(login, address=self.get_client_ip(request))
        with users.HASHING:
            user: User | None = super().authenticate(request, **credentials)
        if user is not None:
            guess.was_right()
        return user

    def send_account_already_exists_mail(self, email: str) -> None:
        with users.HASHING:
            make_password(email)  # a new account costs a hash; without one, the time would tell that there is none
        super().send_account_already_exists_mail(email)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        if template_prefix in _ASKED_BY_ANYBODY:
            with _answering_429(self.request):
                household = self._household(self.request)
                limits.spend("letter-address", household, limit=_LETTERS_PER_ADDRESS, window=_HOUR)
                limits.spend("letter-recipient", email.lower(), limit=_LETTERS_PER_RECIPIENT, window=_HOUR)
        links = {key: _at_public_url(link) for key, link in context.items() if key.endswith("_url")}
        site = {"name": settings.SITE_NAME, "domain": settings.HUB_REGISTRY_HOST}
        super().send_mail(template_prefix, email, {**context, **links, "current_site": site})

    def _household(self, request: HttpRequest) -> str:
        return addresses.household(self.get_client_ip(request))


def _at_public_url(link: str) -> str:
    """The same page at the hub's own address, whatever host the request named."""
    parts = urlsplit(link)
    return str(settings.HUB_PUBLIC_URL) + urlunsplit(("", "", parts.path, parts.query, ""))


@contextmanager
def _answering_429(request: HttpRequest) -> Iterator[None]:
    try:
        yield
    except RateLimited as error:
        response = render(request, "429.html", {"sentence": str(error)}, status=429)
        response["Retry-After"] = str(error.retry_after)
        raise ImmediateHttpResponse(response) from error
