"""The table's part on REST."""

from __future__ import annotations

import pytest

from tests.matrix.conftest import Verdict
from tests.matrix.walk import Walk

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("section", [6])
def test_every_answer_is_the_one_in_the_table(walk: Walk, section: int, verdict: Verdict) -> None:
    verdict(walk.rows(walk.expectations.table.of(section)))
