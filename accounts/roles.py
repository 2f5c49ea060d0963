"""Roles in a namespace and what each may do; the permission of one repository is `repositories.access`'s matter."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """A member's role, weakest last."""

    OWNER = "owner"
    EDITOR = "editor"
    MEMBER = "member"


#: May create repositories in the namespace and administers all of them.
CONTENT_ROLES = (Role.OWNER, Role.EDITOR)
#: May change members, teams and settings of the namespace.
PEOPLE_ROLES = (Role.OWNER,)
