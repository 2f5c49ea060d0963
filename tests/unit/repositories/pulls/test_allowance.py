"""Limits of pulls: whose plan, which window, what is free, and what happens when the limiter does not answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts import users
from accounts.callers import ANONYMOUS, Caller
from accounts.models import Namespace, RateWindow, User
from repositories import access as rights
from repositories import manifests, quotas
from repositories.access import Access, Action
from repositories.errors import ManifestUnknown, PullLimitReached
from repositories.models import NamespaceUsage, Plan, PullDay
from repositories.oci import names
from repositories.oci.digests import Digest
from repositories.pulls.counter import counter
from tests.make import people
from tests.make.threads import together
from tests.unit.repositories.builders import push_image, push_index
from tests.unit.repositories.pulls.test_counter import without

pytestmark = pytest.mark.django_db


@pytest.fixture
def image(access: Access, settings: Any) -> str:
    """A public repository with an image `1.0`, on a hub that gives nobody more than two pulls."""
    settings.HUB_PULL_LIMIT_ANONYMOUS = 2
    push_image(access, "1.0")
    return access.repository.full_name


def pull(
    name: str, caller: Caller = ANONYMOUS, reference: str | Digest = "1.0", *, address: str = "192.0.2.1", **more: bool
) -> int | None:
    """GET (or, `free=True`, HEAD) a manifest; returns how many pulls remain."""
    access = rights.require(names.repository(name), caller, Action.PULL)
    wanted = names.tag(reference) if isinstance(reference, str) else reference
    pulled = manifests.pull(access, wanted, address=address, is_free=lambda _: more.get("free", False))
    return pulled.allowance.remaining if pulled.allowance else None


def give_plan(namespace: Namespace, pulls: int | None) -> None:
    quotas.usage_of(namespace)
    plan = Plan.objects.create(name=f"With {pulls} pulls", pulls=pulls)
    NamespaceUsage.objects.filter(namespace=namespace).update(plan=plan)


def test_a_hub_limits_nobody_until_it_is_told_to(access: Access, outsider: User) -> None:
    push_image(access, "1.0")
    for caller in (ANONYMOUS, people.caller_of(outsider)):
        assert pull(access.repository.full_name, caller) is None
    assert not RateWindow.objects.filter(key__startswith="pull").exists()


def test_an_address_has_so_many_pulls_and_is_told_when_it_gets_more(image: str, settings: Any) -> None:
    settings.HUB_PULL_WINDOW = timedelta(hours=6)
    assert [pull(image), pull(image)] == [1, 0]
    sentence = r"allows 2 pulls in 6 hours without an account, from one address.*sign in, or try again in 6 hours\."
    for _ in range(2):
        with pytest.raises(PullLimitReached, match=sentence) as caught:
            pull(image)
        assert (caught.value.limit, caught.value.source) == (2, "192.0.2.1")
        assert 21590 <= caught.value.retry_after <= 21601
    assert pull(image, address="192.0.2.2") == 1


def test_a_refused_pull_is_not_counted(image: str) -> None:
    for _ in range(2):
        pull(image)
    with pytest.raises(PullLimitReached):
        pull(image)
    counter.flush()
    assert PullDay.objects.get().pulls == 2


def test_what_is_free_stays_free_and_says_what_is_left(image: str) -> None:
    assert [pull(image, free=True), pull(image, free=True)] == [2, 2]
    assert [pull(image), pull(image)] == [1, 0]
    assert pull(image, free=True) == 0


def test_what_is_missing_costs_nothing(image: str) -> None:
    for _ in range(5):
        with pytest.raises(ManifestUnknown):
            pull(image, reference="9.9")
    assert pull(image) == 1


def test_the_next_window_is_a_new_one(image: str) -> None:
    for _ in range(2):
        pull(image)
    RateWindow.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    assert pull(image, free=True) == 2
    assert pull(image) == 1


def test_an_index_and_what_it_lists_cost_one_pull(image: str, access: Access) -> None:
    child, other = push_image(access, layers=[b"child"]), push_image(access, layers=[b"other"])
    push_index(access, [child], "multi")
    assert pull(image) == 1
    assert pull(image, reference="multi") == 0
    counter.forget()  # as if another process went on
    assert pull(image, reference=child) == 0
    with pytest.raises(PullLimitReached):
        pull(image, reference=other)
    with pytest.raises(PullLimitReached):
        pull(image, reference="multi")
    assert pull(image, reference=child, address="192.0.2.2") == 1
    counter.flush()
    assert dict(PullDay.objects.values_list("reference", "pulls")) == {str(child): 1}
    RateWindow.objects.filter(key__startswith="pulled-index").update(ends_at=timezone.now())
    with pytest.raises(PullLimitReached):
        pull(image, reference=child)


def test_a_person_has_what_the_plan_of_their_own_namespace_says(image: str, outsider: User, owner: User) -> None:
    give_plan(outsider.namespace, 1)
    theirs, mine = people.caller_of(outsider), people.caller_of(owner)
    assert pull(image, theirs) == 0
    with pytest.raises(
        PullLimitReached, match=r"1 pull in .* with your plan, and they are used up; try again"
    ) as caught:
        pull(image, theirs, address="192.0.2.7")
    assert caught.value.source == str(outsider.uid)
    assert pull(image, mine) is None
    assert pull(image) == 1


def test_another_namespaces_plan_does_not_count(image: str, owner: User, organization: Namespace) -> None:
    give_plan(organization, 1)
    assert pull(image, people.caller_of(owner)) is None


def test_who_never_needed_counters_is_on_the_free_plan(image: str, outsider: User) -> None:
    quotas.ensure_free_plan()
    Plan.objects.filter(name=quotas.FREE_PLAN).update(pulls=7)
    assert not NamespaceUsage.objects.filter(namespace=outsider.namespace).exists()
    assert pull(image, people.caller_of(outsider)) == 6


def test_an_account_without_a_namespace_has_no_plan_and_no_limit(image: str) -> None:
    quotas.ensure_free_plan()
    Plan.objects.update(pulls=1)
    boss = users.create_administrator(username="admin", email="admin@example.com", password=people.PASSWORD)
    assert not Namespace.objects.filter(user=boss).exists()
    assert pull(image, people.caller_of(boss)) is None


def test_a_client_whose_address_nobody_knows_is_not_limited(image: str) -> None:
    assert pull(image, address="") is None


@pytest.mark.django_db(transaction=True)
def test_pulls_at_once_never_exceed_the_limit(image: str, settings: Any) -> None:
    settings.HUB_PULL_LIMIT_ANONYMOUS = 5
    outcomes = together([lambda: pull(image)] * 12)
    assert sorted(left for left in outcomes if isinstance(left, int)) == [0, 1, 2, 3, 4]
    assert sum(isinstance(outcome, PullLimitReached) for outcome in outcomes) == 7


@pytest.mark.django_db(transaction=True)
def test_a_limiter_that_does_not_answer_limits_nobody(image: str, caplog: pytest.LogCaptureFixture) -> None:
    with without("accounts_ratewindow"):
        assert [pull(image) for _ in range(3)] == [None, None, None]
        assert pull(image, free=True) is None
    assert "nobody's pulls are limited" in caplog.text
    counter.flush()
    assert PullDay.objects.get().pulls == 3
    assert pull(image) == 1
