"""One world a module, in a transaction that is undone at its end; and how a test says what a walk found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from tests.matrix import table, world
from tests.matrix.expected import Expectations
from tests.matrix.inside import Inside
from tests.matrix.walk import Findings, Walk
from tests.matrix.world import World

Verdict = Callable[[Findings], None]


@pytest.fixture(scope="module")
def inside(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Inside]:
    """The hub inside this process, around it a transaction."""
    with django_db_blocker.unblock():
        made = Inside()
        with transaction.atomic():
            yield made
            transaction.set_rollback(True)


@pytest.fixture(scope="module")
def expectations() -> Expectations:
    return Expectations(table.read())


@pytest.fixture(scope="module")
def made(inside: Inside, expectations: Expectations) -> World:
    """The world that the table is about; its bearer tokens outlast the walk."""
    with override_settings(HUB_REGISTRY_TOKEN_TTL=timedelta(hours=2)):
        return world.build(inside, expectations.table)


@pytest.fixture
def walk(inside: Inside, made: World, expectations: Expectations) -> Walk:
    return Walk(made, expectations, inside.send)


@pytest.fixture
def verdict(record_property: Callable[[str, object], None]) -> Verdict:
    """Counts a walk for `make matrix`, and fails the test with all that was wrong."""

    def given(findings: Findings) -> None:
        record_property("rows", findings.rows)
        record_property("wrong", len(findings.wrong))
        assert findings.rows, "the walk asked nothing"
        if findings.wrong:
            pytest.fail(findings.report(), pytrace=False)

    return given
