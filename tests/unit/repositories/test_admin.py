"""Plans in the administration: staff set the numbers."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts import users
from accounts.models import User
from repositories import quotas
from repositories.models import Plan
from tests.make import people

pytestmark = pytest.mark.django_db


def change(username: str, plan: Plan, **fields: str) -> int:
    """Send the plan's form as somebody; returns the status."""
    client = Client()
    client.post(reverse("account_login"), {"login": username, "password": people.PASSWORD})
    facts = {"name": plan.name, "private_repositories": "1", "bytes": "", **fields}
    return client.post(reverse("admin:repositories_plan_change", args=[plan.pk]), facts).status_code


def test_staff_set_how_many_pulls_a_plan_allows(owner: User) -> None:
    users.create_administrator(username="admin", email="admin@example.com", password=people.PASSWORD)
    plan = quotas.ensure_free_plan()
    assert plan.pulls is None

    assert change("admin", plan, pulls="200") == 302
    assert Plan.objects.get(pk=plan.pk).pulls == 200
    assert change(owner.username, plan, pulls="9") in {302, 403}
    assert Plan.objects.get(pk=plan.pk).pulls == 200
    assert change("admin", plan, pulls="-1") == 200
    assert change("admin", plan, pulls="") == 302
    assert Plan.objects.get(pk=plan.pk).pulls is None
