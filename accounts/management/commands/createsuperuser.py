"""Django's `createsuperuser`, with our rules of names and a verified address."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.core.exceptions import ValidationError

from accounts import names, users
from accounts.errors import AccountError
from accounts.models import User


class _Administrators:
    """What Django's command asks of a manager, answered by our rule."""

    def db_manager(self, using: str) -> _Administrators:
        return self

    def get_by_natural_key(self, username: str) -> User:
        return User.objects.get_by_natural_key(username)

    def create_superuser(self, **facts: Any) -> None:
        try:
            users.create_administrator(**{"email": "", **facts})
        except AccountError as error:
            raise ValidationError(str(error)) from error


class _Administrator:
    """What Django's command asks of a user model: ours, made another way."""

    USERNAME_FIELD = User.USERNAME_FIELD
    REQUIRED_FIELDS = User.REQUIRED_FIELDS
    DoesNotExist = User.DoesNotExist
    _meta = User._meta
    _default_manager = _Administrators()

    def __new__(cls, **facts: Any) -> User:  # type: ignore[misc]
        return User(**facts)


class Command(createsuperuser.Command):
    help = "Creates an administrator with a verified address. A reserved name, such as admin, owns no namespace."

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.UserModel: Any = _Administrator

    def _validate_username(self, username: str, verbose_field_name: str, database: str) -> str | None:
        """A sentence about what is wrong with the name, None when nothing is."""
        try:
            names.check(username, reserved_allowed=True)
        except AccountError as error:
            return str(error)
        taken: str | None = super()._validate_username(username, verbose_field_name, database)  # type: ignore[misc]
        return taken
