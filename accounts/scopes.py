"""How far a personal access token reaches: a level, and the repositories it is good for."""

from __future__ import annotations

from enum import StrEnum
from fnmatch import fnmatchcase


class TokenScope(StrEnum):
    """Levels of a personal access token, each including those before it."""

    PUBLIC_READ = "repo:public_read"
    READ = "repo:read"
    WRITE = "repo:write"
    ADMIN = "repo:admin"

    def includes(self, other: TokenScope) -> bool:
        """Whether a token of this level may do what ``other`` may."""
        order = list(TokenScope)
        return order.index(self) >= order.index(other)


def covers(patterns: list[str], full_name: str) -> bool:
    """Whether a token limited to ``patterns`` (``acme/app``, ``acme/*``) reaches a repository; no pattern means all."""
    return not patterns or any(fnmatchcase(full_name, pattern) for pattern in patterns)
