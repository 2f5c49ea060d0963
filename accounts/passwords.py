"""What a new password ends. Django tells its validators of each one that is saved: by its owner, by a reset, by an
administrator, by a command.
"""

from __future__ import annotations

from accounts import refresh_tokens, users
from accounts.models import User


class EndsTokens:
    """No rule for passwords: it takes every one."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Never an error."""

    def password_changed(self, password: str, user: User) -> None:
        users.end_bearer_tokens(user)
        refresh_tokens.end_all(user)

    def get_help_text(self) -> str:
        return "A new password signs out browsers and programs that were let in by the old one; access tokens stay."
