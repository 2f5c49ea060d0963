"""The cast of a live hub, made on its data and printed as JSON; needs Django set up (`tests.live` does).

owner     owns the organization `harbour`, which may have any number of private repositories
writer    a member of it who may push to and pull from all of its repositories
reader    a member of it who may pull from all of its repositories
outsider  somebody else
"""

from __future__ import annotations

import json

from accounts.models import User
from repositories import quotas
from repositories.models import NamespaceUsage, Plan, RepositoryGrant
from tests.make import people

NAMES = {"owner": "olga", "writer": "walter", "reader": "rita", "outsider": "otto"}
ORGANIZATION = "harbour"


def main() -> None:
    """Make everybody; print ``{role: {username, email, password, token}}``."""
    cast = {role: people.user(name) for role, name in NAMES.items()}
    harbour = people.organization(ORGANIZATION, cast["owner"])
    quotas.usage_of(harbour)  # its counters exist from the first look on
    roomy = Plan.objects.create(name="Roomy", private_repositories=None, bytes=None)
    NamespaceUsage.objects.filter(namespace=harbour).update(plan=roomy)
    for role, level in (("writer", RepositoryGrant.Level.WRITE), ("reader", RepositoryGrant.Level.READ)):
        people.member(harbour, cast[role])
        RepositoryGrant.objects.create(namespace=harbour, pattern="*", like="%", user=cast[role], level=level)
    print(json.dumps({role: _facts(user) for role, user in cast.items()}))


def _facts(user: User) -> dict[str, str]:
    token = people.access_token(user)[1]
    return {"username": user.username, "email": user.email, "password": people.PASSWORD, "token": token}
