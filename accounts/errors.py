"""What can go wrong with people and their names: facts, no HTTP.

AccountError
├── NameInvalid           not in the grammar, or too short or long
├── NameReserved          kept for the hub itself
├── NameTaken             owned, retired, or too like another
├── NamespaceUnknown      no such namespace, or not yours to know
├── RoleDenied            your role in the namespace does not reach
├── MembershipInvalid     only organizations have members; no such person; teams take members only
├── LastOwner             an organization keeps at least one owner
├── TeamInvalid           name or description of a team
├── TeamUnknown           no such team in the namespace
├── TokenInvalid          name, scope, repositories or expiry of a new access token
├── TokenUnknown          no such access token of yours
├── CredentialsRejected   unknown, wrong, expired, revoked, disabled or unverified
└── RateLimited           too many tries; carries retry_after in seconds
"""

from __future__ import annotations


class AccountError(Exception):
    """Base of the errors of this floor; ``str()`` is a whole sentence for a person."""


class NameInvalid(AccountError):
    def __init__(self, name: str, reason: str) -> None:
        super().__init__(reason)
        self.name = name


class NameReserved(AccountError):
    def __init__(self, name: str) -> None:
        super().__init__(f"The name “{name}” is reserved.")
        self.name = name


class NameTaken(AccountError):
    def __init__(self, name: str) -> None:
        super().__init__(f"The name “{name}” is taken, or too similar to one that is.")
        self.name = name


class NamespaceUnknown(AccountError):
    def __init__(self, name: str) -> None:
        super().__init__(f"There is no namespace “{name}”.")
        self.name = name


class RoleDenied(AccountError):
    def __init__(self, namespace: str, needed: str) -> None:
        super().__init__(f"Only an {needed} of “{namespace}” may do this.")
        self.namespace = namespace
        self.needed = needed


class MembershipInvalid(AccountError):
    """The sentence is the fact: what about the member is not possible."""


class LastOwner(AccountError):
    def __init__(self, namespace: str) -> None:
        super().__init__(f"“{namespace}” must keep at least one owner.")
        self.namespace = namespace


class TeamInvalid(AccountError):
    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


class TeamUnknown(AccountError):
    def __init__(self, name: str) -> None:
        super().__init__(f"There is no team “{name}”.")
        self.name = name


class TokenInvalid(AccountError):
    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


class TokenUnknown(AccountError):
    def __init__(self) -> None:
        super().__init__("There is no such access token.")


class CredentialsRejected(AccountError):
    def __init__(self) -> None:
        super().__init__("The user name or the password, or the access token, is not right.")


class RateLimited(AccountError):
    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Too many tries. Try again in {retry_after} seconds.")
        self.retry_after = retry_after
