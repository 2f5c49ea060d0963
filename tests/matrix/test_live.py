"""A sample of the table over a real server: what the walk inside this process finds is what clients get.

Of every row what a few people are answered, as far as the answer changes nothing: the world is made once, and nobody
undoes what a request did.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from tests.live import Hub, running
from tests.matrix.cases import Case
from tests.matrix.conftest import Verdict
from tests.matrix.expected import Expectations, Shown
from tests.matrix.inside import Answer, Asked
from tests.matrix.table import REST, read
from tests.matrix.walk import Walk
from tests.matrix.world import World

pytestmark = pytest.mark.live
_BUILD = """
from datetime import timedelta
from django.conf import settings
from tests.matrix import table, world
from tests.matrix.inside import Inside
settings.HUB_REGISTRY_TOKEN_TTL = timedelta(hours=2)
print(world.build(Inside(), table.read()).as_json())
"""
#: Who asks, and with what.
SAMPLE = {
    "nobody": ("nothing", "bearer of nobody", "bearer that claims everything"),
    "outsider": ("session", "password", "token repo:admin", "bearer that claims everything"),
    "reader": ("session", "bearer of a token repo:read"),
    "owner": ("session", "limited token", "bearer of a password", "revoked token", "expired bearer"),
}
SAFE = {"GET", "HEAD"}


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    """A hub of its own, because the table's people need names that others use, and may ask a lot."""
    with running(HUB_API_RATE="100000", HUB_API_ANONYMOUS_RATE="100000") as started:
        yield started


@pytest.fixture
def walk(hub: Hub) -> Iterator[Walk]:
    made = World.from_json(hub.python(_BUILD))
    with httpx.Client(base_url=hub.url, timeout=60, verify=False) as client:

        def send(asked: Asked) -> Answer:
            answer = client.request(asked.method, asked.path, headers=dict(asked.headers), content=asked.body or None)
            headers = tuple((name.lower(), value) for name, value in answer.headers.items())
            return Answer(answer.status_code, headers, answer.content)

        yield Walk(made, Expectations(read()), send)


def sample(walk: Walk) -> Iterator[Case]:
    """Every row for the few, about what is public, private and absent."""
    table = walk.expectations.table
    for row in table.rows:
        for person, words in SAMPLE.items():
            for credential in (table.credentials[word] for word in words):
                case = Case(row, row.methods[0], Shown(table.people[person], credential), "")
                if is_possible(case) and not changes_something(walk, case):
                    for repository in ("public", "secret", "absent") if row.is_about_a_repository else ("",):
                        yield replace(case, repository=repository)


def is_possible(case: Case) -> bool:
    """Forms take what has a name and a password; and refused credentials are counted, so that only one is tried."""
    row, credential = case.row, case.shown.credential
    standing = credential.standing[row.door]
    if not standing or (row.needs in {"credential", "kept"} and credential.sent_as not in {"", "Basic"}):
        return False
    return standing != "refused" or row.door != REST or credential.name == "revoked token"


def changes_something(walk: Walk, case: Case) -> bool:
    """Whether it would be done for somebody, as far as the public repository goes."""
    about = replace(case, repository="public" if case.row.is_about_a_repository else "")
    expected = walk.expectations.answer(about.row, about.shown, about.repository)
    return case.method not in SAFE and expected[0] in "23"


def test_a_server_answers_like_the_table(walk: Walk, verdict: Verdict) -> None:
    verdict(walk.cases(sample(walk)))
