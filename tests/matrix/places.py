"""Words that the table and the world share: who there is, which repositories, what the words in braces stand for."""

from __future__ import annotations

#: A word that stands in everything about the private repository, and may reach nobody who does not see it.
CANARY = "zq7canary"
#: The repositories of the table. The three that nobody may tell apart have names of one length.
REPOSITORIES = {
    "public": "acme/public-app",
    "secret": f"acme/secret-{CANARY}",
    "absent": "acme/absent-zq7parrot",
    "erased": "acme/erased-zq7linnet",
    "site": "library/tool",
}
HIDDEN = ("secret", "absent", "erased")
#: What the grants by pattern match: those three.
PATTERN = "*-zq7*"
#: A repository that a push could create, for the bearer token that is good for nothing else.
ELSEWHERE = "acme/elsewhere"
NO_DIGEST = "sha256:" + "0" * 63 + "1"
NO_UPLOAD = "00000000-0000-4000-8000-000000000000"
#: Everybody who has an account.
PEOPLE = (
    *("outsider", "reader", "writer", "admin", "team-reader", "team-writer", "team-admin"),
    *("pattern-writer", "pattern-admin", "pattern-elsewhere", "member", "editor", "owner"),
    *("staff", "superuser", "former", "disabled", "unverified"),
)


def username(person: str) -> str:
    return f"{person}-person"
