"""No address of the hub without a row in the table, no row without an address, no method that nobody thought of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, resolve

from tests.matrix import cases
from tests.matrix.cases import Case
from tests.matrix.conftest import Verdict
from tests.matrix.expected import Expectations, Shown
from tests.matrix.places import PEOPLE
from tests.matrix.table import METHODS, PAGES, REGISTRY, REST, TOKEN, Row, read
from tests.matrix.walk import Walk
from tests.matrix.world import World

pytestmark = pytest.mark.django_db
#: What a person shows at a door where it counts.
STRONGEST = {PAGES: "session", REST: "session", REGISTRY: "bearer that claims everything", TOKEN: "password"}


def routes(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    for entry in patterns:
        route = before + (str(entry.pattern).removeprefix("^") if before else str(entry.pattern))
        if isinstance(entry, URLResolver):
            yield from routes(entry.url_patterns, route)
        else:
            yield route


EVERY_ROUTE = sorted(set(routes(get_resolver().url_patterns)))


def shown_by(person: str, credential: str) -> Shown:
    table = read()
    return Shown(table.people[person], table.credentials[credential])


def rows_by_route(world: World) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in read().rows:
        found.setdefault(cases.route_of(world, row), []).append(row)
    return found


def test_every_route_has_a_row(made: World, record_property: Callable[[str, object], None]) -> None:
    record_property("routes", len(EVERY_ROUTE))
    assert [route for route in EVERY_ROUTE if route not in rows_by_route(made)] == []


def test_every_row_leads_to_a_route_of_its_own(made: World) -> None:
    """A row whose route is gone would fall to the routes that take any word: what those take stands in braces."""
    for row in read().rows:
        path, meaning = cases.example(made, row)
        taken = {str(value) for value in resolve(path).kwargs.values()}
        assert taken <= set(meaning.values()), row
        if row.needs != "-":
            assert resolve(path).route not in {r"^v2/[\s\S]*\Z", "api/"}, row


def test_the_registry_answers_by_the_same_routes_when_it_is_asked_first() -> None:
    """The middleware asks its own URL table, past the hub's."""
    first = set(routes(get_resolver("registry_api.urls").url_patterns))
    assert first <= set(EVERY_ROUTE)
    for row in read().rows:
        if row.door in {REGISTRY, TOKEN} and "{" not in row.address:
            path = urlsplit(row.address).path
            assert resolve(path).func is resolve(path, urlconf="registry_api.urls").func


def test_nobody_is_missing_from_the_table() -> None:
    assert set(read().people) == {"nobody", *PEOPLE}


def test_a_method_without_a_row_is_refused(
    walk: Walk, made: World, expectations: Expectations, verdict: Verdict
) -> None:
    for rows in rows_by_route(made).values():
        row = rows[0]
        known = {method for each in rows for method in each.methods}
        anybody = "superuser" if row.section == 9 else "owner"
        for shown in (shown_by("nobody", "nothing"), shown_by(anybody, STRONGEST[row.door])):
            for method in [method for method in METHODS if method not in known]:
                case = Case(row, method, shown, "public" if row.is_about_a_repository else "")
                walk.check(case, expectations.other_method(rows, shown))
    verdict(walk.findings)
