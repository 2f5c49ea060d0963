"""How far a personal access token reaches: a level, and the repositories it is good for."""

from __future__ import annotations

import re
from enum import StrEnum
from fnmatch import fnmatchcase

PATTERNS_MAX = 100
_PATTERN = re.compile(r"[a-z0-9*]+(?:[-_./*]+[a-z0-9*]+)*", re.ASCII)


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


def is_pattern(text: str) -> bool:
    """Whether some full name of a repository could match: ``acme/app``, ``acme/*``, ``acme/team-*``."""
    return len(text) <= 255 and bool(_PATTERN.fullmatch(text)) and ("/" in text or "*" in text)


def covers(patterns: list[str], full_name: str) -> bool:
    """Whether a token limited to ``patterns`` reaches a repository; no pattern means all.

    ``*`` stands for anything, slashes too: ``acme/*`` reaches ``acme/deep/app``.
    """
    return not patterns or any(fnmatchcase(full_name, pattern) for pattern in patterns)
