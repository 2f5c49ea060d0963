"""Quotas: exact after anything, charged once, and decided for exactly one of those who race for the last bytes."""

from __future__ import annotations

import io
import random
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection

from accounts.models import User
from repositories import blobs, catalog, manifests, quotas, tags, uploads
from repositories.access import Access
from repositories.errors import ContentError, QuotaExceeded
from repositories.models import Blob, NamespaceUsage, Plan, Repository
from repositories.oci import digests, names
from repositories.upkeep import garbage
from tests.make import content, people
from tests.make.threads import together
from tests.unit.repositories import builders
from tests.unit.repositories.builders import config, image_body, limit, push_blob, push_image, push_index, put
from tests.unit.repositories.builders import content as body_of
from tests.unit.repositories.races import underway

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("audited")]


def only_postgresql() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets one writer in at a time")


def used(access: Access) -> int:
    return quotas.usage_of(access.repository.namespace).used


def test_a_new_namespace_is_on_the_free_plan_without_a_limit_of_bytes(owner: User) -> None:
    assert quotas.usage_of(owner.namespace) == quotas.Usage("Free", 0, 0, None, 0, 1)


def test_a_plan_limits_bytes_and_a_namespace_of_its_own_limit_goes_by_that(access: Access) -> None:
    plan = Plan.objects.create(name="Small", bytes=100, private_repositories=3)
    quotas.usage_of(access.repository.namespace)
    NamespaceUsage.objects.update(plan=plan)
    assert quotas.usage_of(access.repository.namespace) == quotas.Usage("Small", 0, 0, 100, 0, 3)
    limit(access.repository.namespace, 50)
    assert quotas.usage_of(access.repository.namespace).limit == 50


def test_a_namespace_pays_once_for_a_blob_that_many_of_its_repositories_hold(access: Access, owner: User) -> None:
    other = content.repository(owner, "other")
    digest = push_blob(access, body_of(1000))
    push_blob(other, body_of(1000))
    assert used(access) == 1000
    blobs.unlink(access, digest)
    assert used(access) == 1000
    blobs.unlink(other, digest)
    assert used(access) == 0


def test_every_namespace_pays_for_itself(access: Access, outsider: User) -> None:
    theirs = content.repository(outsider, "theirs")
    push_blob(access, body_of(1000))
    assert blobs.mount(theirs, digests.compute(body_of(1000)), source=None)
    assert used(access) == used(theirs) == 1000


def test_manifests_count_by_their_bytes(access: Access) -> None:
    digest = push_image(access, "one", layers=[body_of(1000)])
    size = manifests.find(access.repository, digest).size
    assert used(access) == 1000 + len(b"{}") + size
    tags.remove(access, "one")
    assert used(access) == 0


def test_pushing_the_same_again_costs_nothing(access: Access) -> None:
    push_image(access, "one")
    before = used(access)
    push_image(access, "one", "two")
    assert used(access) == before


def test_a_deleted_manifest_that_is_pushed_again_costs_what_it_did(access: Access) -> None:
    """Its blobs are still here and need no push."""
    body = image_body(config(), [])
    push_blob(access, config())
    digest = put(access, body, "one")
    before = used(access)
    manifests.delete(access, digest)
    assert used(access) == 0
    put(access, body, "one")
    assert used(access) == before == len(body) + len(config())


def test_the_refusal_names_the_rule_the_usage_and_the_limit(access: Access) -> None:
    limit(access.repository.namespace, 1500)
    push_blob(access, body_of(1000))
    with pytest.raises(QuotaExceeded) as refused:
        push_blob(access, body_of(501, "more"))
    assert str(refused.value) == (
        "owner-person may store 1,500 bytes and uses 1,000; this needs 501 more. "
        "Delete tags that are no longer needed, or ask for a larger plan."
    )
    assert (refused.value.rule, refused.value.used, refused.value.limit) == ("bytes", 1000, 1500)
    push_blob(access, body_of(500, "more"))


def test_a_manifest_beyond_the_limit_is_refused_whole(access: Access) -> None:
    push_blob(access, b"{}")
    limit(access.repository.namespace, 100)
    with pytest.raises(QuotaExceeded):
        builders.put(access, builders.image_body(b"{}", []), "one")
    assert used(access) == 2
    assert tags.names_after(access.repository) == ([], False)


def test_deletes_work_when_the_namespace_is_over_its_limit(access: Access) -> None:
    push_index(access, [push_image(access), push_image(access, layers=[b"another"])], "all")
    digest = push_image(access, "one")
    loose = push_blob(access, body_of(100))
    session = uploads.start(access)
    limit(access.repository.namespace, 1)
    assert quotas.usage_of(access.repository.namespace).used > 1
    uploads.cancel(access, session.id)
    blobs.unlink(access, loose)
    tags.remove(access, "all")
    manifests.delete(access, digest)
    garbage.collect(grace=timedelta(0))
    assert used(access) == 0


def test_a_blob_that_the_namespace_holds_already_can_be_linked_when_it_is_full(access: Access, owner: User) -> None:
    other = content.repository(owner, "other")
    digest = push_blob(access, body_of(1000))
    limit(access.repository.namespace, 1000)
    assert blobs.mount(other, digest, source=access)


def test_the_second_private_repository_of_the_free_plan_is_refused_with_the_rule(owner: User) -> None:
    content.repository(owner, "first", private=True)
    with pytest.raises(QuotaExceeded) as refused:
        content.repository(owner, "second", private=True)
    assert str(refused.value).startswith("The Free plan allows 1 private repository, and owner-person uses 1.")
    assert refused.value.rule == "private repositories"
    assert not Repository.objects.filter(name="second").exists()
    content.repository(owner, "second")


@pytest.mark.parametrize("seed", range(3))
def test_counters_are_exact_after_anything(owner: User, seed: int) -> None:
    chance = random.Random(seed)
    homes = [content.repository(owner, name) for name in ("one", "two", "three")]
    bodies = [body_of(10 * number + 7, seed) for number in range(6)]
    limit(owner.namespace, chance.choice([None, 900, 100_000]))
    for _ in range(40):
        act = chance.choice([_push, _push, _push, _index, _untag, _remove, _delete, _unlink, _mount, _upload, _collect])
        try:
            act(chance, homes, bodies)
        except ContentError:
            continue  # refused: then nothing may have changed
        usage = quotas.usage_of(owner.namespace)
        assert (usage.used, usage.reserved, usage.private_used) == builders.recount(owner.namespace), act
        assert usage.limit is None or usage.used + usage.reserved <= usage.limit


def _push(chance: random.Random, homes: list[Access], bodies: list[bytes]) -> None:
    layers = chance.sample(bodies, chance.randint(1, 3))
    push_image(chance.choice(homes), chance.choice("abc"), layers=layers)


def _index(chance: random.Random, homes: list[Access], bodies: list[bytes]) -> None:
    home = chance.choice(homes)
    children = sorted(builders.living(home))
    push_index(home, chance.sample(children, min(2, len(children))), chance.choice("abc"))


def _untag(chance: random.Random, homes: list[Access], bodies: list[bytes]) -> None:
    tags.untag(chance.choice(homes), names.tag(chance.choice("abc")))


def _remove(chance: random.Random, homes: list[Access], bodies: list[bytes]) -> None:
    tags.remove(chance.choice(homes), chance.choice("abc"))


def _delete(chance: random.Random, homes: list[Access], bodies: list[bytes]) -> None:
    home = chance.choice(homes)
    for digest in sorted(builders.living(home))[:1]:
        manifests.delete(home, digest)


def _unlink(chance: random.Random, homes: list[Access], bodies: list[bytes]) -> None:
    blobs.unlink(chance.choice(homes), digests.compute(chance.choice(bodies)))


def _mount(chance: random.Random, homes: list[Access], bodies: list[bytes]) -> None:
    blobs.mount(chance.choice(homes), digests.compute(chance.choice(bodies)), source=None)


def _upload(chance: random.Random, homes: list[Access], bodies: list[bytes]) -> None:
    """A session that is left open, cancelled, or ended by a wrong digest."""
    home = chance.choice(homes)
    session = uploads.start(home)
    uploads.append(home, session.id, io.BytesIO(chance.choice(bodies)), length=None, start=None)
    end = chance.randrange(3)
    if end == 1:
        uploads.cancel(home, session.id)
    if end == 2:
        uploads.finish(home, session.id, digests.compute(b"something else"))


def _collect(chance: random.Random, homes: list[Access], bodies: list[bytes]) -> None:
    garbage.collect(grace=timedelta(0))


# -- Races


@pytest.mark.django_db(transaction=True)
def test_of_many_that_race_for_the_last_bytes_exactly_one_wins(access: Access) -> None:
    limit(access.repository.namespace, 1000)
    sessions = []
    for seed in range(4):
        session = uploads.start(access)
        sessions.append(partial(_finish, access, session.id, body_of(600, seed)))
    outcomes = together(sessions)
    assert sum(isinstance(outcome, digests.Digest) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, QuotaExceeded) for outcome in outcomes) == 3
    assert used(access) == 600
    assert quotas.usage_of(access.repository.namespace).reserved == 0


@pytest.mark.django_db(transaction=True)
def test_who_waits_for_the_last_bytes_is_judged_by_what_is_left_then(access: Access) -> None:
    only_postgresql()
    limit(access.repository.namespace, 1000)
    add = partial(quotas.add, access.repository.namespace_id, 600)
    with underway(add), pytest.raises(QuotaExceeded):
        add()
    assert used(access) == 600
    quotas.subtract(access.repository.namespace_id, 600)


def _finish(access: Access, session_id: str, body: bytes) -> digests.Digest:
    return uploads.finish(access, session_id, digests.compute(body), stream=io.BytesIO(body), length=len(body))


@pytest.mark.django_db(transaction=True)
def test_of_many_that_race_for_the_last_private_repository_exactly_one_wins(owner: User) -> None:
    caller, name = people.caller_of(owner), owner.username
    create = partial(catalog.create, caller, namespace=name, visibility="private")
    outcomes = together([partial(create, name=f"app-{number}") for number in range(4)])
    assert sum(isinstance(outcome, Repository) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, QuotaExceeded) for outcome in outcomes) == 3


@pytest.mark.django_db(transaction=True)
def test_two_repositories_give_a_shared_blob_back_at_the_same_time(access: Access, owner: User) -> None:
    only_postgresql()
    other = content.repository(owner, "other")
    for home in (access, other):
        push_image(home, "one", layers=[body_of(1000)])
    with underway(partial(tags.remove, access, "one")):
        tags.remove(other, "one")
    assert used(access) == 0


@pytest.mark.django_db(transaction=True)
def test_deleting_an_index_does_not_lock_out_a_push_of_what_it_shares(access: Access) -> None:
    """Counters come last: who holds them waits for nobody."""
    only_postgresql()
    children = [push_image(access, layers=[body_of(1000, seed)]) for seed in range(3)]
    push_index(access, children, "all")
    namespace_id = access.repository.namespace_id
    shared = list(Blob.objects.filter(digest__in=[digests.compute(body_of(1000, seed)) for seed in range(3)]))

    def finish_push() -> None:
        quotas.add(namespace_id, 1)
        quotas.give_blobs(namespace_id, shared)
        quotas.subtract(namespace_id, 1)

    with underway(partial(quotas.take_blobs, namespace_id, shared), finish_push):
        tags.remove(access, "all")
    assert used(access) == 0


@pytest.mark.django_db(transaction=True)
def test_deleting_a_repository_does_not_lock_out_a_push_of_what_it_shares(access: Access) -> None:
    only_postgresql()
    limit(access.repository.namespace, 1_000_000)
    push_image(access, "one", layers=[body_of(1000)])
    uploads.append(access, uploads.start(access).id, io.BytesIO(b"half"), length=None, start=None)
    namespace_id = access.repository.namespace_id
    shared = list(Blob.objects.all())

    def finish_push() -> None:
        quotas.add(namespace_id, 1)
        quotas.give_blobs(namespace_id, shared)
        quotas.subtract(namespace_id, 1)

    with underway(partial(quotas.take_blobs, namespace_id, shared), finish_push):
        catalog.delete(access, confirm=access.repository.full_name)
    assert quotas.usage_of(access.repository.namespace).used == 0
