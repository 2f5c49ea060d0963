"""Grammar of repository names and tags (distribution-spec 1.1.1, "Pulling manifests")."""

from __future__ import annotations

import re
from typing import NewType

from repositories.errors import NameInvalid

#: ``namespace/name``, at least two components, at most 255 characters.
RepositoryName = NewType("RepositoryName", str)
Tag = NewType("Tag", str)

FULL_NAME_MAX = 255
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_NAME = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*", re.ASCII)
_TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}", re.ASCII)


def repository(name: str) -> RepositoryName:
    """Parse a full repository name. A single component is the alias of ``library/<it>``.

    Errors: NameInvalid.
    """
    full = name if "/" in name else f"library/{name}"
    if len(full) > FULL_NAME_MAX or not _NAME.fullmatch(full):
        raise NameInvalid(
            name[:FULL_NAME_MAX],
            "A repository name has lower-case components of letters and digits, with single separators, "
            f"joined by slashes, and at most {FULL_NAME_MAX} characters.",
        )
    return RepositoryName(full)


def tag(name: str) -> Tag:
    """Parse a tag. Errors: NameInvalid."""
    if not _TAG.fullmatch(name):
        raise NameInvalid(
            name[:128],
            "A tag starts with a letter, a digit or an underscore; dots and dashes may follow; 128 characters at most.",
        )
    return Tag(name)


def searchable(text: str) -> str:
    """Any text as something to look for: no name has NUL or half a surrogate pair, and no database takes them."""
    return text.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def namespace_of(name: RepositoryName) -> str:
    """The first component."""
    return name.partition("/")[0]


def rest_of(name: RepositoryName) -> str:
    """Everything behind the first component."""
    return name.partition("/")[2]
