"""allauth's questions, answered by our rules: signing up also claims the namespace of the same name."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest

from accounts import namespaces
from accounts.errors import AccountError
from accounts.models import User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return bool(settings.HUB_SIGNUP == "open")

    def clean_username(self, username: str, shallow: bool = False) -> str:
        if shallow:
            return username
        try:
            return namespaces.check_free(username)
        except AccountError as error:
            raise ValidationError(str(error)) from error

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        with transaction.atomic():
            saved: User = super().save_user(request, user, form, commit)
            if commit:
                namespaces.claim_personal(saved)
        return saved
