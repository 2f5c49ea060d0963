"""The grammar of namespace names, the look-alike rule and the reserved words. Pure: no framework, no database."""

from __future__ import annotations

import re

from accounts.errors import NameInvalid, NameReserved

NAME_MIN = 3
NAME_MAX = 39
_GRAMMAR = re.compile(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*", re.ASCII)

#: First path segments of the hub's own pages and of its neighbours' APIs, and words people would take for the hub.
RESERVED = frozenset(
    """
    about abuse access-tokens account accounts admin administrator api api-tokens api_tokens assets audit auditlogs
    auth berth billing blog catalog contact dashboard docs download downloads error explore favicon.ico feed garbage
    health help home hub invites jobs legal library login logout mail media new news notifications null oauth official
    org organization organizations orgs pricing privacy proxy public registry repositories repository robots.txt root
    schema scim search security settings sign-in sign-out sign-up signin signout signup site staff static status
    styleguide support system team teams terms test theme token undefined user users v1 v2 v3 webhooks well-known
    welcome www
    """.split()
)


def check(name: str, *, reserved_allowed: bool = False) -> str:
    """Return ``name`` when it may name a namespace.

    Errors: NameInvalid (grammar ``[a-z0-9]+`` with single separators ``-_.``, 3 to 39 characters), NameReserved.
    """
    if not NAME_MIN <= len(name) <= NAME_MAX:
        raise NameInvalid(name, f"Choose a name of {NAME_MIN} to {NAME_MAX} characters.")
    if not _GRAMMAR.fullmatch(name):
        raise NameInvalid(
            name, "Use lower-case letters and digits, with single dashes, underscores or dots between them."
        )
    if not reserved_allowed and is_reserved(name):
        raise NameReserved(name)
    return name


def is_reserved(name: str) -> bool:
    """Whether the name, or one that looks like it, is kept for the hub."""
    return skeleton(name) in _RESERVED_SKELETONS


def skeleton(name: str) -> str:
    """What is left when look-alikes are folded: two names with one skeleton cannot live side by side."""
    folded = re.sub(r"[-_.]", "", name)
    for seen, meant in (("0", "o"), ("1", "l"), ("i", "l"), ("5", "s"), ("rn", "m"), ("vv", "w")):
        folded = folded.replace(seen, meant)
    return folded


_RESERVED_SKELETONS = frozenset(skeleton(word) for word in RESERVED)
