"""Scopes: what a client wants to do, and what a token allows (distribution's token specification, "Scope").

``type[(class)]:name:action[,action]``, a list is separated by spaces. The name may contain a colon.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from repositories.errors import NameInvalid
from repositories.oci import names

REPOSITORY = "repository"
CATALOG = "catalog"
#: What a bearer token can allow in a repository, in the order in which it is written.
ACTIONS = ("pull", "push", "delete")
_SCOPE = re.compile(r"([a-z0-9]+)(?:\([a-z0-9]+\))?:(.+):([a-zA-Z0-9*,]*)", re.ASCII)
_MOST = 20
_LONGEST = 512


@dataclass(frozen=True, slots=True)
class Scope:
    """Actions on one resource. The name stays as the client wrote it."""

    type: str
    name: str
    actions: frozenset[str]

    def __str__(self) -> str:
        return f"{self.type}:{self.name}:{','.join(self.ordered_actions)}"

    @property
    def ordered_actions(self) -> list[str]:
        return sorted(self.actions, key=lambda action: (ACTIONS.index(action) if action in ACTIONS else 9, action))

    @property
    def resource(self) -> tuple[str, str]:
        """Type and name, aliases of a repository resolved."""
        if self.type != REPOSITORY:
            return self.type, self.name
        try:
            return self.type, names.repository(self.name)
        except NameInvalid:
            return self.type, ""

    def narrowed(self, allowed: Iterable[str]) -> Scope:
        """What of it is allowed; ``*`` asks for everything."""
        actions = frozenset(allowed)
        return Scope(self.type, self.name, actions if "*" in self.actions else self.actions & actions)

    def as_claim(self) -> dict[str, object]:
        """The form in a token's `access` claim."""
        return {"type": self.type, "name": self.name, "actions": self.ordered_actions}


def repository(name: str, *actions: str) -> Scope:
    """The scope of actions on a repository."""
    return Scope(REPOSITORY, name, frozenset(actions))


#: Reading the list of repositories.
WHOLE_CATALOG = Scope("registry", CATALOG, frozenset("*"))


def parse(texts: Iterable[str]) -> list[Scope]:
    """The scopes of some parameters, one entry a resource, at most 20; what is not a scope is left out."""
    found: dict[tuple[str, str], Scope] = {}
    for word in " ".join(texts).split():
        match = _SCOPE.fullmatch(word) if len(word) <= _LONGEST else None
        if match is None:
            continue
        kind, name, actions = match.groups()
        earlier = found.get((kind, name))
        if earlier is None and len(found) == _MOST:
            continue
        wanted = frozenset(filter(None, actions.split(",")))
        found[kind, name] = Scope(kind, name, wanted | (earlier.actions if earlier else frozenset()))
    return list(found.values())


def from_claim(claim: object) -> list[Scope]:
    """The inverse of :meth:`Scope.as_claim`, for a token's whole `access` claim. Errors: ValueError."""
    if not isinstance(claim, list):
        raise ValueError("access is a list")
    return [_from_entry(entry) for entry in claim]


def _from_entry(entry: object) -> Scope:
    if not isinstance(entry, Mapping):
        raise ValueError("an entry of access is an object")
    kind, name, actions = entry.get("type"), entry.get("name"), entry.get("actions")
    if not (isinstance(kind, str) and isinstance(name, str) and isinstance(actions, list)):
        raise ValueError("an entry of access has type, name and actions")
    return Scope(kind, name, frozenset(map(str, actions)))


def allow(granted: Iterable[Scope], wanted: Scope) -> bool:
    """Whether the granted scopes together cover all that is wanted of one resource."""
    held: frozenset[str] = frozenset()
    for scope in granted:
        if scope.resource == wanted.resource:
            held |= scope.actions
    return wanted.actions <= held
