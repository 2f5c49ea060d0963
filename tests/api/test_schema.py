"""The OpenAPI document is true: generated requests, good and bad, get answers that it describes, and never a 5xx."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import override_settings
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from accounts.models import User
from tests.make import content, people

schema = schemathesis.openapi.from_wsgi("/api/v1/schema", WSGIHandler())
bounded = settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.filter_too_much,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)


@pytest.fixture
def credentials(owner: User) -> dict[str, str]:
    """The owner's, who owns what the document's examples name."""
    people.organization("acme", owner)
    content.image(content.repository(owner, "app", namespace="acme"), "1.0")
    return {"Authorization": f"Bearer {people.access_token(owner)[1]}"}


@pytest.fixture(autouse=True)
def many_requests_in_one_test() -> Iterator[None]:
    """All from one address, all in the test's transaction: its connection stays open between them."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    with override_settings(HUB_API_RATE=10**6, HUB_API_ANONYMOUS_RATE=10**6):
        yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@schema.parametrize()
@bounded
def test_the_owner(case: Any, credentials: dict[str, str]) -> None:
    case.call_and_validate(headers=credentials, excluded_checks=beyond_the_document(case))


@schema.parametrize()
@settings(bounded, max_examples=5)
def test_nobody(case: Any, credentials: dict[str, str]) -> None:
    case.call_and_validate(excluded_checks=beyond_the_document(case))


def beyond_the_document(case: Any) -> list[Any]:
    """Where a rule compares two inputs, what looks right may be refused: names and patterns have a grammar, a
    confirmation repeats the address."""
    rule = case.operation.method.upper(), case.operation.path
    beyond = {
        ("POST", "/api/v1/repositories/"),
        ("POST", "/api/v1/tokens/"),
        ("DELETE", "/api/v1/repositories/{repository}/"),
    }
    return [positive_data_acceptance] if rule in beyond else []
