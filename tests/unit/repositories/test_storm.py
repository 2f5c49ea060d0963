"""After a storm of pushes, mounts, deletes and collections every row has its file and every counter is exact."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from accounts.models import User
from repositories import catalog
from repositories.upkeep import garbage
from tests.make import people
from tests.unit.repositories import builders
from tests.unit.repositories.storm import PAYLOADS, Storm

pytestmark = pytest.mark.django_db(transaction=True)


def test_nothing_is_lost_leaked_or_miscounted_in_a_storm(owner: User, outsider: User) -> None:
    cast = [(people.caller_of(user), user.namespace) for user in (owner, outsider)]
    for caller, namespace in cast:
        for number in range(3):
            catalog.create(caller, namespace=namespace.name, name=f"app-{number}")
    builders.limit(outsider.namespace, sum(map(len, PAYLOADS)))
    storm = Storm(cast)
    storm.rage(8.0 if connection.vendor == "postgresql" else 3.0)
    assert not storm.surprises, storm.surprises[:3]
    assert storm.done["_push: ok"] >= 10, storm.done
    builders.audit()
    garbage.collect(grace=timedelta(0))
    assert garbage.collect(grace=timedelta(0)).freed_blobs == 0
    builders.audit()
