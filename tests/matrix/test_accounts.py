"""The table's part on signing in, one's account, and the administration."""

from __future__ import annotations

import pytest

from tests.matrix.conftest import Verdict
from tests.matrix.walk import Walk

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("section", [8, 9])
def test_every_answer_is_the_one_in_the_table(walk: Walk, section: int, verdict: Verdict) -> None:
    verdict(walk.rows(walk.expectations.table.of(section)))
